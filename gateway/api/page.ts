import { access } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const NOT_BUILT = `<!doctype html>
<meta charset="utf-8">
<title>更夫 Gengfu</title>
<h1>控制台尚未构建 / The console has not been built</h1>
<p>在源码目录运行 / In the checkout run: <code>npm run build:console</code></p>
<p>网关照常运行 / The gateway itself runs: <a href="/readyz">/readyz</a>, <a href="/api/openapi.json">/api/openapi.json</a></p>
`;

/** Serves the built page at `/`; where it is not built, a page that says how. */
export async function servePage(app: FastifyInstance, dir: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: dir,
    index: false,
    cacheControl: false,
    dotfiles: 'deny',
    preCompressed: true,
    // It may be built later; `/` tells meanwhile.
    suppressWarning: true,
    setHeaders(reply, path) {
      // Below assets/ names carry a hash of the content; the page itself is asked for each time.
      const forever = path.includes('/assets/');
      reply.header('cache-control', forever ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  app.get('/', { schema: { hide: true } }, async (_request, reply) => {
    const built = await access(join(dir, 'index.html')).then(
      () => true,
      () => false,
    );
    if (built) return reply.sendFile('index.html');
    return reply.code(503).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(NOT_BUILT);
  });
}
