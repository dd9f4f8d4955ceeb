import { openThread, threadUrl } from '#kit/thread.ts';
import type { App } from './app.ts';
import type { DocumentCalls } from './document-thread.ts';

/**
 * Serves the OpenAPI document. It is made when it is first asked for, by a thread that ends with it: the work of a
 * tenth of a second on a fast machine is not for the loop that alarms run on, nor its code for the start.
 */
export function addDocumentRoute(app: App, version: string): void {
  let text: Promise<string> | undefined;
  app.get('/api/openapi.json', { config: { access: 'anyone' } }, async (_request, reply) => {
    text ??= documentText(version).catch((error: unknown) => {
      text = undefined;
      throw error;
    });
    return reply.type('application/json').send(await text);
  });
}

async function documentText(version: string): Promise<string> {
  const url = threadUrl(import.meta.url, 'document-thread');
  await using thread = openThread<DocumentCalls>(url, { name: 'openapi', data: { version } });
  return await thread.call('text', []);
}
