// Metrics of the process and of what it stands on.
import type { Metrics } from './declare.ts'

export const processMetrics = {
  zaplog_build_info: {
    kind: 'gauge',
    unit: 'always 1',
    labels: { version: { each: 'version of zaplog' }, node: { each: 'version of Node' } },
    help: 'What runs here, as labels.',
    means: 'Which version a graph belongs to; two at once: a deployment is on its way.',
    see: 'zaplog version',
  },
  zaplog_part_up: {
    kind: 'gauge',
    unit: '0 or 1',
    labels: { part: ['postgres', 'kafka', 'schema-registry', 's3'] },
    help: 'Whether a part that this process stands on answered when it was asked last. The registry is asked only while a start waits for it.',
    means: '0: it is away or refuses; work that needs it waits, nothing is lost.',
    see: 'zaplog status',
  },
  zaplog_checks: {
    kind: 'gauge',
    unit: 'checks',
    labels: { state: ['ok', 'degraded', 'failed'] },
    help: 'Checks of GET /health/ready by state.',
    means: 'degraded: something outside keeps it from some work, and the check says what; failed: a restart would help.',
    see: 'zaplog status',
  },
  zaplog_open_descriptors: {
    kind: 'gauge',
    unit: 'descriptors',
    labels: {},
    help: 'Files and sockets that the process has open.',
    means: 'Near zaplog_max_descriptors: the next socket of an account may not open.',
    see: 'zaplog status (descriptors)',
  },
  zaplog_max_descriptors: {
    kind: 'gauge',
    unit: 'descriptors',
    labels: {},
    help: 'Files and sockets that it may have open.',
    means: 'ulimit -n of the process.',
    see: 'zaplog status (descriptors)',
  },
  zaplog_data_dir_free_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    labels: {},
    help: 'Bytes that zaplog may still write to the disk of DATA_DIR; absent where the system does not say it.',
    means: 'At 0 an embedded Postgres and files on disk stop; what happens waits at WhatsApp.',
    see: 'zaplog doctor',
  },
  zaplog_data_dir_size_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    labels: {},
    help: 'Bytes of that disk, taken and free.',
    means: 'What zaplog_data_dir_free_bytes is a share of.',
    see: 'zaplog doctor',
  },
  zaplog_spans_dropped_total: {
    kind: 'counter',
    unit: 'spans',
    labels: { reason: ['queue-full', 'not-sent'] },
    help: 'Spans that were dropped: too many waited (queue-full), or who gets them did not take them (not-sent). Only where traces are on.',
    means: 'It rises: traces have gaps; messages, webhooks and the log have none.',
    see: 'log line traces.not-sent',
  },
} as const satisfies Metrics
