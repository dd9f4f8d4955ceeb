import { z } from 'zod';
import { card } from './cards.ts';
import { isMapping } from './document.ts';
import { deviceCommon, linkCommon, lists, pointCommon, profileCommon, sinkCommon, siteFile } from './file-kinds.ts';
import type { DriverKind, Kinds, PermitShape, RuleShape } from './kinds.ts';
import { inputOf, preprocess } from './known-keys.ts';
import { output } from './outputs.ts';
import { peopleFile } from './people.ts';
import { plan } from './plans.ts';

/** A kind of file, by where it stands in a site. */
export type FileKind =
  | 'site.yaml'
  | 'links.yaml'
  | 'devices/*.yaml'
  | 'rules/*.yaml'
  | 'permits/*.yaml'
  | 'profiles/*.yaml'
  | 'people.yaml';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** JSON Schema (draft 2020-12) of each kind of a site's files, for editors: the same schemas that the loader checks by. */
export function siteSchemas<R extends RuleShape, P extends PermitShape>(
  kinds: Kinds<R, P>,
): Readonly<Record<FileKind, JsonSchema>> {
  const { drivers } = kinds;
  const own = {
    links: z.array(
      anyOf(drivers.flatMap((driver) => Object.entries(driver.links).map(([kind, link]) => linkOf(kind, link)))),
    ),
    devices: z.array(anyOf(drivers.map((driver) => join(deviceCommon, driver.device)))),
    rules: z.array(inputOf(kinds.rule)),
    permits: z.array(inputOf(kinds.permit)),
    derive: z.array(inputOf(kinds.derive)),
    plans: z.array(inputOf(plan)),
    cards: z.array(card),
    outputs: z.array(output),
  };
  const held = Object.fromEntries(Object.entries(own).map(([name, list]) => [name, list.nullish()]));
  const filled = preprocess(kinds.rule, {});
  const listFile = encode(lists.extend(held), filled);
  const sinks = { upstreams: sinksOf(kinds.upstreams), channels: sinksOf(kinds.channels) };
  return {
    'site.yaml': encode(z.strictObject({ ...siteFile.shape, ...held, ...sinks }), filled),
    'links.yaml': listFile,
    'devices/*.yaml': listFile,
    'rules/*.yaml': listFile,
    'permits/*.yaml': listFile,
    'profiles/*.yaml': encode(anyOf(drivers.map(profileOf))),
    'people.yaml': encode(peopleFile),
  };
}

const join = (common: z.ZodObject, own: z.ZodObject) => z.strictObject({ ...common.shape, ...own.shape });

const sinksOf = (kinds: Kinds['upstreams']) =>
  z
    .array(anyOf(kinds.map(({ kind, options }) => join(sinkCommon.extend({ kind: z.literal(kind) }), options))))
    .nullish();

const linkOf = (kind: string, link: z.ZodObject) => join(linkCommon.extend({ kind: z.literal(kind) }), link);

function profileOf(driver: DriverKind): z.ZodObject {
  const points = z.array(join(pointCommon, driver.point)).min(1);
  return join(profileCommon.extend({ protocol: z.literal(driver.protocol), points }), driver.profile);
}

/** A union of any number of schemas. */
function anyOf(options: readonly z.core.$ZodType[]): z.core.$ZodType {
  const [first, ...rest] = options;
  if (first === undefined) return z.never();
  return rest.length === 0 ? first : z.union([first, ...rest]);
}

/** `filled` are keys that are filled in where they are left out, such as `kind: limit`: they need not be given. */
function encode(schema: z.core.$ZodType, filled: unknown = {}): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      for (const [key, value] of Object.entries(isMapping(filled) ? filled : {})) {
        const property = jsonSchema.properties?.[key];
        if (!isMapping(property) || property.const !== value) continue;
        jsonSchema.required = jsonSchema.required?.filter((each) => each !== key) ?? [];
      }
    },
  });
}
