import { z } from 'zod';
import { INSTALLERS, sessionOf } from './access.ts';
import type { App } from './app.ts';
import type { ApiContext } from './context.ts';

/** The page holds only what it shows: no script, nothing from elsewhere. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

/** The commissioning report (安装调试验收单). */
export function addReportRoutes(app: App, context: ApiContext): void {
  app.get(
    '/api/v1/report',
    {
      config: { access: INSTALLERS },
      schema: {
        summary: 'The commissioning report of the devices that are named, or of all: one page to print',
        querystring: z.object({
          device: z
            .union([z.string(), z.array(z.string()).max(1000)])
            .optional()
            .transform((given) => (given === undefined ? [] : [given].flat())),
        }),
        response: { 200: { description: 'The report', content: { 'text/html': { schema: z.string() } } } },
      },
    },
    async (request, reply) => {
      const page = await context.devices.report(request.query.device, sessionOf(request).account);
      reply.header('content-security-policy', POLICY);
      return reply.type('text/html; charset=utf-8').send(Buffer.from(page) as never);
    },
  );
}
