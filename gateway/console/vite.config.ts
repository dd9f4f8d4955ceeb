import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const squeeze = promisify(gzip);

/** Writes each text also gzipped, for the gateway to hand out as it is: links to cabinets are slow, and so are their cores. */
function gzipped(): Plugin {
  let outDir = '';
  return {
    name: 'gengfu:gzipped',
    apply: 'build',
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir);
    },
    async closeBundle() {
      for (const name of await readdir(outDir, { recursive: true })) {
        if (!/\.(js|css|svg|html)$/.test(name)) continue;
        const path = join(outDir, name);
        await writeFile(`${path}.gz`, await squeeze(await readFile(path), { level: 9 }));
      }
    },
  };
}

/** The page, built into `gateway/console/dist`, which the gateway serves. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react(), gzipped()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The page's policy is script-src 'self': nothing is inlined, and images need no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
  },
});
