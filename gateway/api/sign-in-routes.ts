import { z } from 'zod';
import { codeOf, Fault } from '#kit/fault.ts';
import { SIGNED_IN, sessionOf } from './access.ts';
import type { App } from './app.ts';
import { audit, auditLater } from './audit.ts';
import type { ApiContext } from './context.ts';
import { isPassword, NOBODY_HASH } from './password.ts';
import type { Register } from './register.ts';
import { idOf } from './secret.ts';
import type { Sessions } from './sessions.ts';
import { DONE, doneShape, nameShape, passwordShape, personShape, roleShape, typedShape } from './shapes.ts';

/** Ten tries a minute from one address, each on its own route. */
const rateLimit = { max: 10, timeWindow: 60_000 };
const secretShape = z.string().min(1).max(100);

/** Signing in and out, the one-time link, and one's own password. */
export function addSignInRoutes(app: App, context: ApiContext, sessions: Sessions, register: Register): void {
  const { accounts, wire } = context;

  app.post(
    '/api/v1/sign-in',
    {
      config: { access: 'anyone', rateLimit },
      schema: {
        summary: 'Sign in with name and password',
        body: z.object({ name: z.string().max(200).normalize('NFC'), password: typedShape }),
        response: { 200: personShape },
      },
    },
    async (request, reply) => {
      const { name, password } = request.body;
      const account = await accounts.find(name);
      const right = await isPassword(password, account?.passwordHash ?? NOBODY_HASH);
      if (account === undefined || !right) {
        auditLater(context, name.slice(0, 64), 'sign-in-refused', request);
        throw new Fault('wrong-sign-in', 'The name or the password is wrong.');
      }
      await sessions.open(account, reply);
      await audit(context, account.name, 'signed-in', request);
      return { name: account.name, role: account.role };
    },
  );

  app.get(
    '/api/v1/invitation',
    {
      config: { access: 'anyone', rateLimit },
      schema: {
        summary: 'Whether a one-time link is still good; it stays so',
        querystring: z.object({ secret: secretShape }),
        response: { 200: z.object({ role: roleShape }) },
      },
    },
    async (request) => {
      const role = await accounts.findInvitation(idOf(request.query.secret), wire.now());
      if (role === undefined) throw new Fault('invitation-gone', 'This link is used up, replaced or too old.');
      return { role };
    },
  );

  app.post(
    '/api/v1/invitation',
    {
      config: { access: 'anyone', rateLimit },
      schema: {
        summary: 'Take a one-time link: adds the account and signs in',
        body: z.object({ secret: secretShape, name: nameShape, password: passwordShape }),
        response: { 200: personShape },
      },
    },
    async (request, reply) => {
      const { secret, name, password } = request.body;
      const role = await register.accept(idOf(secret), wire.now, { name, password });
      await audit(context, name, 'invitation-taken', request, { role });
      await sessions.open({ name, role }, reply);
      return { name, role };
    },
  );

  app.post(
    '/api/v1/sign-out',
    { config: { access: SIGNED_IN }, schema: { summary: 'Sign out', response: { 200: doneShape } } },
    async (request, reply) => {
      const session = sessionOf(request);
      await sessions.close(session, reply);
      await audit(context, session.account, 'signed-out', request);
      return DONE;
    },
  );

  app.get(
    '/api/v1/session',
    { config: { access: SIGNED_IN }, schema: { summary: 'Who is signed in', response: { 200: personShape } } },
    async (request) => {
      const { account, role } = sessionOf(request);
      return { name: account, role };
    },
  );

  app.post(
    '/api/v1/password',
    {
      config: { access: SIGNED_IN, rateLimit },
      schema: {
        summary: "Change one's own password; ends all other sessions of the account",
        body: z.object({ current: typedShape, next: passwordShape }),
        response: { 200: doneShape },
      },
    },
    async (request, reply) => {
      const { account: name } = sessionOf(request);
      const account = await register.renew(name, request.body.current, request.body.next).catch((error: unknown) => {
        if (codeOf(error) === 'wrong-password') auditLater(context, name, 'password-refused', request);
        throw error;
      });
      await sessions.closeAll(name);
      await sessions.open(account, reply);
      await audit(context, name, 'password-changed', request);
      return DONE;
    },
  );
}
