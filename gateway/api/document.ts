import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { PROBLEM_TYPE } from './problem.ts';
import { components } from './shapes.ts';

/** The OpenAPI 3.1 document of every route added after it, made from the schemas that check the requests. */
export async function describeRoutes(app: FastifyInstance, version: string): Promise<void> {
  const options = { schemaRegistry: components, zodToJsonConfig: { override: describe } };
  const transform = createJsonSchemaTransform(options);
  const transformObject = createJsonSchemaTransformObject(options);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Gengfu',
        version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        description: 'Edge gateway for city sensors: alarms, readings and what people do about them.',
      },
      components: { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'gengfu' } } },
    },
    transform(route) {
      const { schema, url } = transform(route);
      if (schema.hide === true) return { schema, url };
      const access = route.route.config?.access ?? 'anyone';
      const allowed = access === 'anyone' ? {} : { security: [{ session: [] }], 'x-roles': access };
      const problem = {
        description: 'A problem document (RFC 9457)',
        content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      };
      const response = { ...(schema.response as object), default: problem };
      return { schema: { ...schema, ...allowed, response }, url };
    },
    transformObject: (document) => onlyUsed(transformObject(document)),
  });
}

/** zod keeps descriptions in its global registry; and that our own types are read-only says nothing to others. */
function describe({ zodSchema, jsonSchema }: Parameters<NonNullable<z.core.ToJSONSchemaParams['override']>>[0]): void {
  const description = z.globalRegistry.get(zodSchema)?.description;
  if (description !== undefined) jsonSchema.description = description;
  delete jsonSchema.readOnly;
}

interface Document {
  readonly paths?: unknown;
  readonly components?: { readonly schemas?: object };
}

/** Each shape is there twice, as it comes in and as it goes out: leaves out those that nothing refers to. */
function onlyUsed<D extends Document>(document: D): D {
  const schemas: Record<string, unknown> = { ...document.components?.schemas };
  for (;;) {
    const text = JSON.stringify({ paths: document.paths, schemas });
    const unused = Object.keys(schemas).filter((name) => !text.includes(`"#/components/schemas/${name}"`));
    if (unused.length === 0) return { ...document, components: { ...document.components, schemas } };
    for (const name of unused) delete schemas[name];
  }
}
