import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { API_FAULTS, type ApiCode, isApiCode } from './faults.ts';

/** An error as it is answered: RFC 9457, `application/problem+json`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ApiCode;
  readonly hint?: string | undefined;
  /** What is wrong where: in the request for `invalid`, in the site's files for `site-invalid`. */
  readonly errors?: readonly { readonly path: string; readonly message: string }[] | undefined;
}

/** A refusal that has several places to tell of. */
export class RefusedAt extends Fault {
  readonly errors: NonNullable<Problem['errors']>;

  constructor(code: ApiCode, message: string, errors: NonNullable<Problem['errors']>, hint?: string) {
    super(code, message, hint === undefined ? {} : { hint });
    this.errors = errors;
  }
}

export const PROBLEM_TYPE = 'application/problem+json';

function problemOf(code: ApiCode, detail: string, more: Pick<Problem, 'hint' | 'errors'> = {}): Problem {
  const [status, title] = API_FAULTS[code];
  // A tag URI (RFC 4151) names the kind and, unlike a URL, does not pretend that it can be fetched from a cabinet.
  return { type: `tag:gengfu.city,2026:problem:${code}`, title, status, detail, code, ...more };
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
}

/** Fastify's own refusals of a request, by its code or the status it gives them. */
function refusedByServer(error: FastifyError, request: FastifyRequest): Problem | undefined {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = (error as FastifyError).validationContext ?? 'request';
    const errors = error.validation.map(({ instancePath, message = '' }) => ({
      path: `${where}${instancePath === '/' ? '' : instancePath}`,
      message,
    }));
    return problemOf('invalid', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), { errors });
  }
  if (error.statusCode === 413) {
    const most = request.routeOptions.bodyLimit;
    return problemOf('too-large', `The body is larger than the API takes here: at most ${sizeOf(most)}.`);
  }
  if (error.statusCode === 415) return mediaTypeProblem();
  if (error.statusCode !== undefined && error.statusCode < 500) return problemOf('invalid', error.message);
  return undefined;
}

const MB = 1024 * 1024;
const sizeOf = (bytes: number): string =>
  bytes < MB ? `${Math.round(bytes / 1024)} KB` : `${Number((bytes / MB).toFixed(1))} MB`;

/** The rest of a body that is too large is read and dropped up to here; beyond it the connection is cut. */
const MOST_DROPPED = 64 * MB;

const mediaTypeProblem = (): Problem =>
  problemOf('media-type', 'The body must be JSON.', { hint: 'Send content-type: application/json.' });

/** The problem document of anything thrown; what is ours or the box's is logged. */
export function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const code = codeOf(error);
  if (error instanceof Fault && isApiCode(code)) {
    const errors = error instanceof RefusedAt ? error.errors : undefined;
    return sendProblem(reply, problemOf(code, error.message, { hint: error.hint, errors }));
  }
  const refused = error instanceof Fault ? undefined : refusedByServer(error, request);
  if (refused?.code === 'too-large' && Number(request.headers['content-length']) <= MOST_DROPPED) {
    // Who sends all before he reads, as browsers do, would see a broken connection and not the answer.
    reply.removeHeader('connection');
  }
  if (refused !== undefined) return sendProblem(reply, refused);
  log.error({ method: request.method, route: request.routeOptions.url, code, error: textOf(error) }, 'request failed');
  // A Fault is written for people; any other text may show what is inside.
  if (error instanceof Fault) return sendProblem(reply, problemOf('unavailable', error.message, { hint: error.hint }));
  return sendProblem(reply, problemOf('internal', 'The log of the gateway says more.'));
}

export const sendNotFound = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  sendProblem(reply, problemOf('no-such-route', `There is no ${request.method} ${request.url.split('?')[0]}.`));
