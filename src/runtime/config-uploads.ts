// Settings of files that clients give to be sent. Part of config.ts, in its order.
import { parseCidr } from './config-values.ts'
import type { Variables } from './variables.ts'

export function declareUploads(v: Variables) {
  v.group('Uploads')
  return {
    maxImageBytes: v.sizeBytes('UPLOAD_MAX_IMAGE', { default: '16MiB', doc: 'largest image to send' }),
    maxVideoBytes: v.sizeBytes('UPLOAD_MAX_VIDEO', { default: '64MiB', doc: 'largest video to send' }),
    maxAudioBytes: v.sizeBytes('UPLOAD_MAX_AUDIO', { default: '64MiB', doc: 'largest audio or voice note to send' }),
    maxDocumentBytes: v.sizeBytes('UPLOAD_MAX_DOCUMENT', {
      default: '100MiB',
      doc: 'largest document to send; WhatsApp takes up to 2 GiB',
    }),
    urlExpiresInMs: v.durationMs('UPLOAD_URL_EXPIRES', {
      default: '5m',
      fromMs: 1_000,
      toMs: 3_600_000,
      doc: 'until when a file may be put',
    }),
    expireAfterMs: v.durationMs('UPLOAD_EXPIRES_AFTER', {
      default: '24h',
      fromMs: 1_000,
      toMs: 7 * 86_400_000,
      doc: 'an upload that nobody completes is given up',
    }),
    compressAboveBytes: v.sizeBytes('UPLOAD_COMPRESS_ABOVE', {
      default: '1MiB',
      fromBytes: 16 * 1024,
      doc: 'JPEG, PNG and WebP sent as image are made smaller than this',
    }),
    atOnce: v.whole('UPLOAD_AT_ONCE', {
      default: 4,
      from: 1,
      to: 100,
      doc: 'files prepared at once in one process, at most half of them of one account',
    }),
    allowCidrs: v.list('MEDIA_URL_ALLOW_CIDRS', {
      default: '',
      shown: 'none',
      doc: 'ranges that files to send may be fetched from, over http, too; metadata addresses never',
      each: parseCidr,
    }),
    ffmpegPath: v.optionalText('FFMPEG_PATH', {
      doc: 'FFmpeg, which makes voice notes of other audio and gives each its shape; none: other audio is refused',
    }),
  }
}
