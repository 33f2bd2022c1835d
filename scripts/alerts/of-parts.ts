// Alerts of the process and of what it stands on.
import { least, shareInEach } from '../boards/query.ts'
import { type Alert, firesAfter, quietAfter } from './alert.ts'

const partUp = 'zaplog_part_up'

export const partAlerts: readonly Alert[] = [
  {
    name: 'ZaplogDown',
    expr: 'up{job="zaplog"} == 0 or absent(up{job="zaplog"})',
    ...{ for: '1m', severity: 'page', board: 'overview', cli: 'zaplog status' },
    summary: 'Prometheus gets no answer from zaplog.',
    means:
      'It does not run, does not answer, or is answered for by nobody: of several processes one is enough. A restart takes less than the minute.',
    action:
      'See whether the process runs and what its last log lines say. Exit code 78 names a setting. Where it runs, METRICS_TOKEN or the network keeps Prometheus out. Until it is back WhatsApp keeps what comes, and nothing is sent on.',
    tried: [
      firesAfter(3, { 'up{job="zaplog", instance="zaplog:7070"}': '0x5' }),
      firesAfter(3, { 'up{job="another"}': '1x5' }),
      quietAfter(3, { 'up{job="zaplog", instance="zaplog:7070"}': '1x5' }),
    ],
  },
  {
    name: 'ZaplogPartDown',
    expr: `${least(partUp, { by: ['part'], without: { part: 's3' } }).expr} == 0`,
    ...{ for: '2m', severity: 'page', board: 'log', cli: 'zaplog doctor' },
    summary: '{{ $labels.part }} is away or refuses, for at least two minutes.',
    means:
      'Postgres, Kafka or the schema registry, as the process itself last found it. Work that needs it waits and is not lost; messages wait at WhatsApp.',
    action:
      'zaplog status says its address and what came back, zaplog doctor how to mend it. Work that needs the part waits; what happens at WhatsApp waits there, and nothing is lost.',
    tried: [
      firesAfter(4, { [`${partUp}{part="kafka"}`]: '1 0x5' }),
      quietAfter(4, { [`${partUp}{part="kafka"}`]: '1 0 1x5' }),
      quietAfter(4, { [`${partUp}{part="s3"}`]: '0x5' }),
    ],
  },
  {
    name: 'ZaplogStorageUnreachable',
    expr: `${least(partUp, { where: { part: 's3' } }).expr} == 0`,
    ...{ for: '2m', severity: 'page', board: 'media', cli: 'zaplog doctor' },
    summary: 'The object store is away, or refuses the credentials.',
    means: 'Files are neither stored nor served. Texts go on; what it was asked for is asked for again until it is back.',
    action:
      'zaplog doctor writes, reads and deletes an object of its own and says what fails: the address, the bucket, a right, the credentials. Files wait and none fails; messages with files go out pending at their deadline.',
    tried: [
      firesAfter(4, { [`${partUp}{part="s3"}`]: '1 0x5' }),
      quietAfter(4, { [`${partUp}{part="s3"}`]: '1x6' }),
      quietAfter(4, { [`${partUp}{part="postgres"}`]: '0x6' }),
    ],
  },
  {
    name: 'ZaplogDiskFull',
    expr: `${shareInEach('min', 'zaplog_data_dir_free_bytes', 'zaplog_data_dir_size_bytes').expr} < 0.1`,
    ...{ for: '5m', severity: 'page', board: 'overview', cli: 'zaplog doctor' },
    summary: 'Less than a tenth of the disk of DATA_DIR is free.',
    means: 'Of the process where least is free. It may still write; at 0 an embedded Postgres and files on disk stop.',
    action:
      'Make room or a larger disk. On embedded parts it holds the log, the rows and all files: shorten retention, or move files to a bucket. A full disk stops Postgres; what happens then waits at WhatsApp.',
    tried: [
      firesAfter(7, { zaplog_data_dir_free_bytes: '9x9', zaplog_data_dir_size_bytes: '100x9' }),
      quietAfter(7, { zaplog_data_dir_free_bytes: '11x9', zaplog_data_dir_size_bytes: '100x9' }),
      firesAfter(7, {
        'zaplog_data_dir_free_bytes{instance="a"}': '90x9',
        'zaplog_data_dir_size_bytes{instance="a"}': '1000x9',
        'zaplog_data_dir_free_bytes{instance="b"}': '95x9',
        'zaplog_data_dir_size_bytes{instance="b"}': '100x9',
      }),
    ],
  },
  {
    name: 'ZaplogDescriptorsScarce',
    expr: `${shareInEach('max', 'zaplog_open_descriptors', 'zaplog_max_descriptors').expr} > 0.9`,
    ...{ for: '5m', severity: 'ticket', board: 'overview', cli: 'zaplog status' },
    summary: 'Nine of ten files and sockets that zaplog may have open are open.',
    means: 'Of the process where most are open. At the limit no further socket opens, of accounts, clients and receivers alike.',
    action: 'Raise the limit of open files (ulimit -n, LimitNOFILE, ulimits: nofile), and start zaplog again.',
    tried: [
      firesAfter(7, { zaplog_open_descriptors: '950x9', zaplog_max_descriptors: '1000x9' }),
      quietAfter(7, { zaplog_open_descriptors: '850x9', zaplog_max_descriptors: '1000x9' }),
      quietAfter(7, {
        'zaplog_open_descriptors{instance="a"}': '950x9',
        'zaplog_max_descriptors{instance="a"}': '65536x9',
        'zaplog_open_descriptors{instance="b"}': '100x9',
        'zaplog_max_descriptors{instance="b"}': '1000x9',
      }),
    ],
  },
]
