import { workerData } from 'node:worker_threads';
import { serveThread } from '#kit/thread.ts';
import { newApp } from './app.ts';
import { describeRoutes } from './document.ts';
import { addRoutes, type RouteParts } from './routes.ts';

/** What the document's thread answers. */
export type DocumentCalls = { text(): string };

// Given by document-route.ts.
const { version } = workerData as { readonly version: string };

const app = newApp();
await describeRoutes(app, version);
// Described only: no request ever comes here.
addRoutes(app, { context: {} } as RouteParts);
await app.ready();

serveThread<DocumentCalls>({ text: () => JSON.stringify(app.swagger()) });
