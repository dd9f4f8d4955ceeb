import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import type { JobWish } from '../api/job-request.ts';
import type { JobView, News } from '../commissioning/job.ts';
import type { Jobs } from './jobs.ts';

/** What a job's socket carries: a line each, news first and then the end. */
type JobLine =
  | { readonly news: News }
  | { readonly answer: JobView }
  | { readonly fault: { readonly code: string; readonly message: string; readonly hint?: string | undefined } };

/** News that its reader does not take wait in the system and then here, bytes; beyond it they are left out. */
const MOST_WAITING = 2 ** 20;

/** Runs a job for whoever is at the other end of the socket, and no longer than that one stays. */
export async function serveJob(socket: Socket, jobs: Jobs, wish: JobWish, by: string): Promise<void> {
  const send = (line: JobLine) => void socket.write(`${JSON.stringify(line)}\n`);
  socket.setTimeout(0);
  socket.on('error', () => {});
  let view: JobView;
  try {
    view = jobs.start(wish, by);
  } catch (error) {
    const hint = error instanceof Fault ? error.hint : undefined;
    send({ fault: { code: codeOf(error) ?? 'door', message: textOf(error), hint } });
    socket.end();
    return;
  }
  const { id } = view;
  const stop = jobs.listen(id, (news) => {
    if (socket.writableLength < MOST_WAITING) send({ news });
  });
  socket.once('close', () => void jobs.stop(id));
  // One more line asks for the end, and the result until then; the socket's own end for nothing more.
  socket.on('data', () => void jobs.stop(id));
  const ended = await jobs.ended(id);
  stop();
  if (!socket.destroyed) {
    if (ended !== undefined) send({ answer: ended });
    socket.end();
  }
}

/** Has a gateway that runs do a job; aborted, the job is stopped and what it found until then comes back. */
export async function askForJob(
  path: string,
  wish: JobWish,
  onNews: (news: News) => void,
  signal: AbortSignal,
): Promise<JobView> {
  const socket = connect(path);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  socket.once('error', failed.reject);
  const stop = () => void socket.write('stop\n');
  signal.addEventListener('abort', stop, { once: true });
  try {
    socket.write(`${JSON.stringify({ ask: 'job', wish })}\n`);
    const take = async (): Promise<JobView> => {
      for await (const text of createInterface({ input: socket })) {
        const line = JSON.parse(text) as JobLine;
        if ('news' in line) onNews(line.news);
        else if ('answer' in line) return line.answer;
        else throw new Fault(line.fault.code, line.fault.message, line.fault.hint ? { hint: line.fault.hint } : {});
      }
      throw new Fault('no-answer', 'the gateway hung up');
    };
    return await Promise.race([take(), failed.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}
