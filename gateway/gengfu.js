#!/usr/bin/env node
// The way in from a checkout. Plain JavaScript, so that a Node.js that cannot read TypeScript says what is needed.
if (process.features.typescript) {
  await import('./main.ts');
} else {
  console.error(
    `gengfu needs Node.js 24.15 or a later 24, and this is ${process.versions.node}.\n` +
      'In a checkout: npm ci, then npm start or npx gengfu (the right Node.js comes with the project).',
  );
  process.exitCode = 2;
}
