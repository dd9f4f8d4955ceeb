#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major !== 24 || minor < 15) {
  console.error(
    `gengfu needs Node.js 24.15 or a later 24, and this is ${process.versions.node}.\n` +
      'In a checkout: npm ci, then npm start or npx gengfu (the right Node.js comes with the project).',
  );
  process.exit(2);
}
// A box has little memory, and a small young generation costs the watch no time: a sixth of the memory.
(await import('node:v8')).setFlagsFromString('--optimize-for-size');
// Compiled code is kept between starts, in a folder where only this user writes; it is no worse where it cannot be.
const { HOME, XDG_CACHE_HOME = HOME && `${HOME}/.cache`, CACHE_DIRECTORY } = process.env;
const cache = CACHE_DIRECTORY ?? (XDG_CACHE_HOME && `${XDG_CACHE_HOME}/gengfu`);
if (cache) (await import('node:module')).enableCompileCache(cache);
const { runCommand } = await import('./commands/index.ts');
process.exitCode = await runCommand(process.argv.slice(2));
