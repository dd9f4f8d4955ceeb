import { z } from 'zod';
import { ADMINS, sessionOf } from './access.ts';
import type { App } from './app.ts';
import { audit } from './audit.ts';
import type { ApiContext } from './context.ts';
import type { Register } from './register.ts';
import type { Sessions } from './sessions.ts';
import { DONE, doneShape, nameShape, passwordShape, personShape, roleShape } from './shapes.ts';

/** The users of the gateway, for admins. */
export function addUserRoutes(app: App, context: ApiContext, sessions: Sessions, register: Register): void {
  const userShape = personShape.extend({ createdAt: z.number() });

  app.get(
    '/api/v1/users',
    {
      config: { access: ADMINS },
      schema: { summary: 'All users', response: { 200: z.object({ users: z.array(userShape).readonly() }) } },
    },
    async () => ({
      users: (await context.accounts.list()).map(({ name, role, createdAt }) => ({ name, role, createdAt })),
    }),
  );

  app.post(
    '/api/v1/users',
    {
      config: { access: ADMINS },
      schema: {
        summary: 'Add a user',
        body: z.object({ name: nameShape, role: roleShape, password: passwordShape }),
        response: { 201: personShape },
      },
    },
    async (request, reply) => {
      const { name, role } = request.body;
      await register.add(request.body);
      await audit(context, sessionOf(request).account, 'user-added', request, { name, role });
      return reply.code(201).send({ name, role });
    },
  );

  app.delete(
    '/api/v1/users/:name',
    {
      config: { access: ADMINS },
      schema: {
        summary: 'Remove a user and end their sessions',
        params: z.object({ name: nameShape }),
        response: { 200: doneShape },
      },
    },
    async (request) => {
      const { name } = request.params;
      await register.remove(name);
      await sessions.closeAll(name);
      await audit(context, sessionOf(request).account, 'user-removed', request, { name });
      return DONE;
    },
  );
}
