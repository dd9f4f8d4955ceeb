import { BlockList } from 'node:net';
import { z } from 'zod';
import { Fault } from '#kit/fault.ts';
import type { App } from './app.ts';
import type { ApiContext } from './context.ts';
import { healthShape } from './shapes.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Also true for an IPv4 address mapped into IPv6, as sockets on `::` show it. */
const isLoopback = (address: string): boolean => loopback.check(address, address.includes(':') ? 'ipv6' : 'ipv4');

/** What supervisors and Prometheus ask, without a sign-in. */
export function addHealthRoutes(app: App, context: ApiContext): void {
  app.get(
    '/healthz',
    { schema: { summary: 'The process lives', response: { 200: z.object({ alive: z.literal(true) }) } } },
    async () => ({ alive: true as const }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        summary: 'It does its work; 503 with the reasons if not',
        response: { 200: healthShape, 503: healthShape },
      },
    },
    async (_request, reply) => {
      const { ready, reasons } = context.health();
      return reply.code(ready ? 200 : 503).send({ ready, reasons });
    },
  );

  app.get(
    '/metrics',
    { schema: { summary: 'Prometheus metrics, for the box itself only', response: { 200: z.string() } } },
    async (request, reply) => {
      const { 'x-forwarded-for': forwardedFor, forwarded } = request.headers;
      // What a proxy on the box forwards comes from loopback too, and is not the box's own question.
      const direct = forwardedFor === undefined && forwarded === undefined;
      if (!direct || !isLoopback(request.socket.remoteAddress ?? '')) {
        throw new Fault('loopback-only', 'Metrics are told to the box itself only.', {
          hint: 'Scrape http://127.0.0.1 on the box, or through a tunnel.',
        });
      }
      return reply.type(context.metrics.contentType).send(await context.metrics.metrics());
    },
  );
}
