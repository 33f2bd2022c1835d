// Files: fetched from WhatsApp, stored, kept, sent; and the phone's history.
import type { Board } from './board.ts'
import { greatest, increase, least, perSecond, quantile, shareOf, value } from './query.ts'

const ended = ['downloaded', 'reused', 'failed'] as const

export const media: Board = {
  name: 'media',
  title: 'zaplog: media',
  description: 'Files on their way from WhatsApp to the object store, what is kept there, files to send, and histories.',
  rows: [
    {
      title: 'In time?',
      panels: [
        {
          ...{ title: 'Pending', shows: 'number', width: 4, down: 'account', cli: 'zaplog media list --status pending' },
          tells: 'Files that messages announced and that are neither stored nor failed.',
          queries: [{ query: value('zaplog_media_pending') }],
        },
        {
          ...{
            title: 'Oldest pending',
            shows: 'number',
            width: 4,
            redFrom: 86_400,
            down: 'account',
            cli: 'zaplog media list --status pending',
          },
          tells: 'Age of its message. In days: its link at WhatsApp’s CDN ends soon.',
          queries: [{ query: greatest('zaplog_media_pending_oldest_seconds') }],
        },
        {
          ...{
            title: 'Link ends within a day',
            shows: 'number',
            width: 4,
            redFrom: 1,
            down: 'account',
            cli: 'zaplog media list --status pending',
          },
          tells: 'What is not fetched by then is gone, unless the phone puts it there again.',
          queries: [{ query: value('zaplog_media_near_expiry') }],
        },
        {
          ...{ title: 'Object store', shows: 'number', width: 4, redBelow: 1, down: 'log', cli: 'zaplog doctor' },
          tells: 'Away: no file fails and no text waits; media go out pending at their deadline.',
          queries: [{ query: least('zaplog_part_up', { by: ['part'], where: { part: 's3' } }) }],
        },
        {
          ...{ title: 'How late', down: 'log', cli: 'zaplog lag' },
          tells: 'Age of the oldest record that each processor has not finished.',
          queries: [{ query: greatest('zaplog_processor_lag_seconds', { by: ['processor'] }) }],
        },
      ],
    },
    {
      title: 'From WhatsApp',
      panels: [
        {
          ...{ title: 'Downloads', down: 'account', cli: 'zaplog media list' },
          tells: 'By outcome. reused: it was there already and cost no transfer.',
          queries: [{ query: perSecond('zaplog_media_downloads_total', { by: ['outcome'] }) }],
        },
        {
          ...{ title: 'Share of downloads that failed', redFrom: 0.1, down: 'account', cli: 'zaplog media list --status failed' },
          tells: 'What is lost, of all that ended.',
          queries: [
            {
              query: shareOf(
                perSecond('zaplog_media_downloads_total', { where: { outcome: 'failed' } }),
                perSecond('zaplog_media_downloads_total', { where: { outcome: ended } }),
              ),
            },
          ],
        },
        {
          ...{ title: 'Failures, by reason', down: 'account', cli: 'zaplog media why ID' },
          tells: 'gone and no-url are WhatsApp’s; storage-refused is the bucket’s; bad-mac and bad-hash the sender’s.',
          queries: [{ query: increase('zaplog_media_failures_total', '1h', { by: ['stage', 'reason'] }) }],
        },
        {
          ...{ title: 'Time of a download', down: 'log', cli: 'zaplog media list' },
          tells: 'Grows: WhatsApp’s CDN, the line, or the object store.',
          queries: [
            { legend: 'median', query: quantile('zaplog_media_download_seconds', 0.5) },
            { legend: '99 of 100', query: quantile('zaplog_media_download_seconds', 0.99) },
          ],
        },
        {
          ...{ title: 'Bytes', down: 'log', cli: 'zaplog media list' },
          tells: 'Fetched over the line, not fetched because they were there already, and put at their final place.',
          queries: [
            { legend: 'fetched', query: perSecond('zaplog_media_downloaded_bytes_total') },
            { legend: 'reused', query: perSecond('zaplog_media_reused_bytes_total') },
            { legend: 'stored', query: perSecond('zaplog_media_stored_bytes_total') },
          ],
        },
        {
          ...{ title: 'In hand', down: 'log', cli: 'zaplog status' },
          tells: 'At MEDIA_MAX_TRANSFERS for long: more files come than are fetched.',
          queries: [
            { legend: 'running', query: value('zaplog_media_transfers') },
            { legend: 'waiting', query: value('zaplog_media_transfers_waiting') },
          ],
        },
        {
          ...{ title: 'Oldest in hand', down: 'log', cli: 'zaplog media list --status pending' },
          tells:
            'Age of the oldest file that is being downloaded, or waits for its turn. WhatsApp keeps a file for days, not for ever.',
          queries: [{ query: greatest('zaplog_media_oldest_undownloaded_seconds') }],
        },
      ],
    },
    {
      title: 'Kept',
      panels: [
        {
          ...{ title: 'Bytes kept, by kind', down: 'account', cli: 'zaplog media list' },
          tells: 'What the object store holds for messages, as of the last walk through the table of files.',
          queries: [{ query: value('zaplog_media_kept_bytes', { by: ['kind'] }) }],
        },
        {
          ...{ title: 'Files kept, by kind', down: 'account', cli: 'zaplog media list' },
          tells: 'Of the same walk.',
          queries: [{ query: value('zaplog_media_kept', { by: ['kind'] }) }],
        },
        {
          ...{ title: 'Stored', down: 'account', cli: 'zaplog media list' },
          tells: 'The rate of files that are done, and of pictures without a thumbnail.',
          queries: [
            { query: perSecond('zaplog_media_stored_total', { by: ['kind'] }) },
            { legend: 'without thumbnail', query: perSecond('zaplog_media_thumbnail_failures_total') },
          ],
        },
      ],
    },
    {
      title: 'To send, and of the past',
      panels: [
        {
          ...{ title: 'Uploads that wait', down: 'account', cli: 'zaplog uploads list' },
          tells: 'pending wait for their bytes, processing for their preparation.',
          queries: [{ query: value('zaplog_uploads_waiting', { by: ['state'] }) }],
        },
        {
          ...{ title: 'Uploads, by outcome', down: 'account', cli: 'zaplog uploads list' },
          tells: 'failed: the file, by its reason; put-off: what it needs is away.',
          queries: [{ query: perSecond('zaplog_uploads_prepared_total', { by: ['outcome'] }) }],
        },
        {
          ...{ title: 'Oldest upload', down: 'log', cli: 'zaplog uploads list' },
          tells: 'Minutes: the source of a file answers slowly, or no process has the role processors.',
          queries: [{ query: greatest('zaplog_uploads_oldest_seconds') }],
        },
        {
          ...{ title: 'Messages of histories', down: 'log', cli: 'zaplog instances history ID' },
          tells: 'Histories give way to what is live; HISTORY_PER_SECOND is the most.',
          queries: [{ query: perSecond('zaplog_history_messages_total') }],
        },
        {
          ...{ title: 'Parts of histories', down: 'log', cli: 'zaplog instances history ID' },
          tells: 'failed: a part of the past that will not come.',
          queries: [{ query: increase('zaplog_history_parts_total', '1h', { by: ['outcome'] }) }],
        },
      ],
    },
  ],
}
