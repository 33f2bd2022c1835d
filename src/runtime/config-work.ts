// Settings of the work itself: how WhatsApp is spoken to, how files are fetched and how webhooks are sent. Part of config.ts, in its order.
import { parseCidr, parseLoopback, parseVersion } from './config-values.ts'
import { parseDuration, type Variables } from './variables.ts'

export function declareWhatsapp(v: Variables) {
  v.group('WhatsApp')
  return {
    url: v.parsed('WHATSAPP_URL', {
      shown: 'WhatsApp',
      doc: 'a simulator’s websocket, loopback only',
      parse: parseLoopback(['ws:', 'wss:']),
    }),
    cdnUrl: v.parsed('WHATSAPP_CDN_URL', {
      shown: 'WhatsApp',
      doc: 'loopback origin that every media host on the allow-list is fetched from',
      parse: parseLoopback(['http:', 'https:']),
    }),
    version: v.parsed('WHATSAPP_VERSION', {
      shown: 'Baileys’ own',
      doc: 'client version to announce, such as 2.3000.1043857760',
      parse: parseVersion,
    }),
    connectsPerSecond: v.whole('WHATSAPP_CONNECTS_PER_SECOND', {
      default: 10,
      from: 1,
      to: 1000,
      doc: 'how fast sockets are opened',
    }),
    qrRounds: v.whole('WHATSAPP_QR_ROUNDS', {
      default: 5,
      from: 1,
      to: 100,
      doc: 'unpaired instances are parked after so many rounds of codes',
    }),
    appendTimeoutMs: v.durationMs('WHATSAPP_APPEND_TIMEOUT', {
      default: '10s',
      fromMs: 1_000,
      toMs: 600_000,
      doc: 'a socket is closed when an append or key write has been pending for so long',
    }),
    outboundPerMinute: v.whole('OUTBOUND_PER_MINUTE', {
      default: 20,
      from: 0,
      to: 10_000,
      doc: 'messages that an account sends to people, each a little off its time; 0: as fast as it can',
    }),
    outboundBurst: v.whole('OUTBOUND_BURST', { default: 5, from: 1, to: 1000, doc: 'of these so many at once' }),
    outboundFirstPerMinute: v.whole('OUTBOUND_FIRST_PER_MINUTE', {
      default: 1,
      from: 0,
      to: 10_000,
      doc: 'of these to people whom the account never exchanged a message with, at their own pace; 0: as fast as it can',
    }),
    outboundFirstPerDay: v.whole('OUTBOUND_FIRST_PER_DAY', {
      default: 30,
      from: 0,
      to: 100_000,
      doc: 'of these in any 24 hours; 0: as many as there are',
    }),
    outboundChangesPerMinute: v.whole('OUTBOUND_CHANGES_PER_MINUTE', {
      default: 20,
      from: 0,
      to: 10_000,
      doc: 'changes of groups, contacts and its profile that an account makes, OUTBOUND_BURST at once; 0: as fast as it can',
    }),
    outboundMarksPerMinute: v.whole('OUTBOUND_MARKS_PER_MINUTE', {
      default: 120,
      from: 0,
      to: 10_000,
      doc: 'of reads, presence and changes of chats, and as many questions to WhatsApp, as many at once; 0: as fast as it can',
    }),
  }
}

export function declareCommands(v: Variables) {
  v.group('Commands')
  return {
    waitingMax: v.whole('COMMANDS_WAITING_MAX', {
      default: 10_000,
      from: 1,
      to: 1_000_000,
      doc: 'as many may wait for one account; more is 429',
    }),
    expireAfterMs: v.durationMs('COMMAND_EXPIRES_AFTER', {
      default: '24h',
      fromMs: 1_000,
      toMs: 7 * 86_400_000,
      doc: 'what an account was asked to send is not begun later, such as while it is not open',
    }),
  }
}

export function declareProcessing(v: Variables) {
  v.group('Processing')
  return {
    timeoutMs: v.durationMs('PROCESSING_TIMEOUT', {
      default: '10m',
      fromMs: 1_000,
      toMs: 86_400_000,
      doc: 'a message that a client works on, and never says how that went, counts as given up then',
    }),
    signEveryMs: v.durationMs('PROCESSING_SIGN_EVERY', {
      default: '3s',
      fromMs: 1_000,
      toMs: 600_000,
      doc: 'how often the reaction that says so changes',
    }),
    signsPerMinute: v.whole('PROCESSING_SIGNS_PER_MINUTE', {
      default: 20,
      from: 0,
      to: 60,
      doc: 'of one message; those beyond are left out, 0: all but the last one',
    }),
    maxSessions: v.whole('PROCESSING_MAX_SIGNED', {
      default: 5,
      from: 0,
      to: 100,
      doc: 'messages of one account whose reaction changes; those beyond get the last one alone',
    }),
  }
}

export function declareMedia(v: Variables) {
  v.group('Media')
  return {
    maxTransfers: v.whole('MEDIA_MAX_TRANSFERS', { default: 16, from: 1, to: 1000, doc: 'downloads at once in one process' }),
    maxTransfersPerInstance: v.whole('MEDIA_MAX_TRANSFERS_PER_INSTANCE', {
      default: 4,
      from: 1,
      to: 1000,
      doc: 'downloads at once for one instance',
    }),
    historyPerSecond: v.whole('HISTORY_PER_SECOND', {
      default: 2_000,
      from: 1,
      to: 1_000_000,
      doc: 'events of phones’ histories a second in one process at most, while it has time; a tenth of that at least',
    }),
    connectTimeoutMs: v.durationMs('MEDIA_CONNECT_TIMEOUT', { default: '5s', doc: '' }),
    idleTimeoutMs: v.durationMs('MEDIA_IDLE_TIMEOUT', { default: '15s', doc: 'longest silence while a file is coming' }),
    minTotalTimeoutMs: v.durationMs('MEDIA_TOTAL_TIMEOUT', {
      default: '30s',
      doc: 'at least so long for a whole file, more for large ones (256 KiB/s)',
    }),
    retryDelaysMs: v.list('MEDIA_RETRY_DELAYS', {
      default: '2s,4s,8s',
      doc: 'waits before each further try',
      each: parseDuration,
    }),
    maxImageBytes: v.sizeBytes('MEDIA_MAX_IMAGE', { default: '10MiB', doc: 'largest image' }),
    maxAudioBytes: v.sizeBytes('MEDIA_MAX_AUDIO', { default: '16MiB', doc: 'largest audio or voice note' }),
    maxDocumentBytes: v.sizeBytes('MEDIA_MAX_DOCUMENT', { default: '25MiB', doc: 'largest document' }),
    maxVideoBytes: v.sizeBytes('MEDIA_MAX_VIDEO', { default: '50MiB', doc: 'largest video' }),
    thumbnailPixels: v.whole('THUMBNAIL_PIXELS', {
      default: 200,
      from: 16,
      to: 2000,
      doc: 'thumbnails fit a square of this side',
    }),
    thumbnailQuality: v.whole('THUMBNAIL_QUALITY', { default: 85, from: 1, to: 100, doc: 'JPEG quality' }),
    thumbnailMaxPixels: v.whole('THUMBNAIL_MAX_SOURCE_PIXELS', {
      default: 50_000_000,
      from: 1,
      to: 1_000_000_000,
      doc: 'larger images get none, AVIF and HEIC from a tenth of it, GIF from half of it',
    }),
  }
}

export function declareWebhooks(v: Variables) {
  v.group('Webhooks')
  return {
    allowLoopback: v.flag('WEBHOOK_ALLOW_LOOPBACK', { default: false, doc: 'receivers on this machine, also over http' }),
    allowCidrs: v.list('WEBHOOK_ALLOW_CIDRS', {
      default: '',
      shown: 'none',
      doc: 'ranges that receivers may be in, over http, too; metadata addresses never',
      each: parseCidr,
    }),
    attemptTimeoutMs: v.durationMs('WEBHOOK_TIMEOUT', {
      default: '15s',
      fromMs: 100,
      toMs: 30_000,
      doc: 'for one whole exchange',
    }),
    retryDelaysMs: v.list('WEBHOOK_RETRY_DELAYS', {
      default: '5s,30s,2m,10m,30m,2h,5h,10h,14h,20h,24h',
      doc: 'waits before each further attempt, +-20 %',
      each: parseDuration,
    }),
    deadAfterMs: v.durationMs('WEBHOOK_DEAD_AFTER', {
      default: '15m',
      toMs: 30 * 86_400_000,
      doc: 'a delivery that fails for so long while its endpoint’s other lanes succeed becomes a dead letter',
    }),
    holdMediaMs: v.durationMs('WEBHOOK_HOLD_MEDIA', { default: '20s', toMs: 900_000, doc: 'default of an endpoint’s holdMedia' }),
    maxInFlight: v.whole('WEBHOOK_MAX_IN_FLIGHT', { default: 512, from: 1, to: 10_000, doc: 'attempts at once in one process' }),
    maxInFlightPerEndpoint: v.whole('WEBHOOK_MAX_IN_FLIGHT_PER_ENDPOINT', {
      default: 10,
      from: 1,
      to: 1000,
      doc: 'attempts at once to one endpoint',
    }),
  }
}
