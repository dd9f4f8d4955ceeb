import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** A metric of that name: the one that an API opened before has registered, or a new one. */
function registered<M>(registry: Registry, name: string, make: () => M): M {
  // A name of ours is only ever registered here, so it is of the kind that `make` makes.
  return (registry.getSingleMetric(name) as M | undefined) ?? make();
}

/** Counts and times what is asked of the API, by route. */
export function measureRequests(app: FastifyInstance, registry: Registry, liveClients: () => number): void {
  const registers = [registry];
  const requests = registered(registry, 'gengfu_http_requests_total', () => {
    const help = 'Requests answered, by route and status.';
    return new Counter({ name: 'gengfu_http_requests_total', help, labelNames: ['route', 'status'], registers });
  });
  const seconds = registered(registry, 'gengfu_http_request_seconds', () => {
    const help = 'Time until a request was answered, live streams aside.';
    const buckets = [0.005, 0.02, 0.1, 0.5, 2];
    return new Histogram({ name: 'gengfu_http_request_seconds', help, buckets, registers });
  });
  const clients = registered(registry, 'gengfu_http_live_clients', () => {
    return new Gauge({ name: 'gengfu_http_live_clients', help: 'Open live streams.', registers });
  });
  app.addHook('onRequest', async () => clients.set(liveClients()));
  app.addHook('onResponse', async (request, reply) => {
    // Routes, not addresses: what strangers ask for must not make new series.
    requests.inc({ route: request.routeOptions.url ?? 'unknown', status: reply.statusCode });
    if (request.routeOptions.url !== '/api/v1/live') seconds.observe(reply.elapsedTime / 1000);
  });
}
