// Metrics of the HTTP server, and of who reads its stream.
import type { Metrics } from './declare.ts'

export const httpMetrics = {
  zaplog_http_request_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    labels: { method: { each: 'HTTP method' }, route: { each: 'route, as /openapi.json has it' }, status: { each: 'status' } },
    help: 'Time to answer a request.',
    means: 'Its count by status is the rate of answers; 5xx are ours, 4xx the client’s.',
    see: 'log line request.answered (debug)',
  },
  zaplog_http_connections: {
    kind: 'gauge',
    unit: 'connections',
    labels: { state: ['answering', 'idle'] },
    help: 'Open connections of clients: answering a request, or idle.',
    means: 'Together near zaplog_http_max_connections: newcomers take the place of idle ones, or are refused.',
    see: 'HTTP_MAX_CONNECTIONS',
  },
  zaplog_http_max_connections: {
    kind: 'gauge',
    unit: 'connections',
    labels: {},
    help: 'Most connections of clients at once.',
    means: 'HTTP_MAX_CONNECTIONS as it holds here.',
    see: 'HTTP_MAX_CONNECTIONS',
  },
  zaplog_http_connections_closed_total: {
    kind: 'counter',
    unit: 'connections',
    labels: { reason: ['room', 'full'] },
    help: 'Connections closed because there were too many: an idle one for a newcomer (room), or the newcomer (full).',
    means: 'full rises: clients are turned away.',
    see: 'HTTP_MAX_CONNECTIONS',
  },
  zaplog_api_key_failures_total: {
    kind: 'counter',
    unit: 'requests',
    labels: { reason: ['none', 'wrong', 'limited'] },
    help: 'Requests without a right key: none came, it was wrong, or it was not compared because too many were wrong before (limited).',
    means: 'limited rises: somebody guesses keys.',
    see: 'log line api.keys-limited',
  },
  zaplog_stream_readers: {
    kind: 'gauge',
    unit: 'readers',
    labels: {},
    help: 'Readers of GET /v1/stream.',
    means: '200 are served by one process.',
    see: 'zaplog events tail',
  },
  zaplog_stream_ended_total: {
    kind: 'counter',
    unit: 'readers',
    labels: { reason: ['left', 'slow-reader', 'position-expired', 'stopping', 'failed'] },
    help: 'Readers of GET /v1/stream that ended: they left, took too little (slow-reader), asked for what the log no longer has, or this process stopped or failed them.',
    means: 'slow-reader: a client does not keep up; it may go on where it was.',
    see: 'zaplog events tail',
  },
} as const satisfies Metrics
