import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The page, built into `gateway/console/dist`, which the gateway serves. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
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
