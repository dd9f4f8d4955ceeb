#!/usr/bin/env node
import { restartSmall } from '#kit/memory.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major !== 24 || minor < 15) {
  console.error(
    `gengfu needs Node.js 24.15 or a later 24, and this is ${process.versions.node}.\n` +
      'In a checkout: npm ci, then npm start or npx gengfu (the right Node.js comes with the project).',
  );
  process.exit(2);
}
// What runs for years on a small box; a command that ends need not be small.
if (['run', 'demo'].includes(process.argv[2] ?? '')) restartSmall();
const { runCommand } = await import('./commands/index.ts');
// Who reads may stop, as `head` does: then there is no more to say. A gateway goes on without being heard.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  if (process.argv[2] !== 'run') process.exit();
});
process.exitCode = await runCommand(process.argv.slice(2));
