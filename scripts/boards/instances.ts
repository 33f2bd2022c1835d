// All accounts together: which are open, what they receive, and how fast it is durable.
import type { Board } from './board.ts'
import { ageOf, increase, perSecond, quantile, top, value } from './query.ts'

export const instances: Board = {
  name: 'instances',
  title: 'zaplog: instances',
  description: 'Accounts: which are open, what they receive and how fast it is durable.',
  rows: [
    {
      title: 'Connections',
      panels: [
        {
          ...{ title: 'By state', down: 'account', cli: 'zaplog instances list' },
          tells: 'Those that are not open receive nothing.',
          queries: [{ query: value('zaplog_sockets', { by: ['state'] }) }],
        },
        {
          ...{ title: 'Not open', shows: 'table', down: 'account', cli: 'zaplog instances show ID' },
          tells: 'Which accounts are not open, and what state each is in.',
          queries: [{ query: value('zaplog_instance_state', { by: ['instance_id', 'state'], without: { state: 'open' } }) }],
        },
        {
          ...{ title: 'Longest without a word from WhatsApp', down: 'account', cli: 'zaplog instances show ID' },
          tells: 'Answers to keep-alives count: an open account is heard twice a minute.',
          queries: [{ query: top(10, ageOf('zaplog_instance_last_stanza_timestamp_seconds', { by: ['instance_id'] })) }],
        },
        {
          ...{ title: 'Sockets that ended', down: 'account', cli: 'zaplog instances list' },
          tells: 'network for many at once: the way to WhatsApp; banned, replaced, logged-out: one account.',
          queries: [{ query: increase('zaplog_socket_closes_total', '5m', { by: ['reason'] }) }],
        },
        {
          ...{ title: 'Silent', shows: 'number', width: 4, redFrom: 1, down: 'account', cli: 'zaplog status' },
          tells: 'Open accounts that have heard nothing for ten minutes: a dead link that nothing has cut.',
          queries: [{ query: value('zaplog_instances_silent') }],
        },
        {
          ...{ title: 'Kept stanzas', shows: 'number', width: 4, redFrom: 1, down: 'log', cli: 'zaplog status' },
          tells: 'Stanzas that the log refused for good in every form, since the start: somebody has to look.',
          queries: [{ query: increase('zaplog_stanzas_kept_total', '24h') }],
        },
      ],
    },
    {
      title: 'What they receive',
      panels: [
        {
          ...{ title: 'Events, by type', down: 'log', cli: 'zaplog events tail' },
          tells: 'The rate of what happens.',
          queries: [{ query: top(10, perSecond('zaplog_events_appended_total', { by: ['type'] })) }],
        },
        {
          ...{ title: 'Until it is durable', down: 'log', cli: 'zaplog status' },
          tells: 'From a stanza to its durable record; WhatsApp is told that it arrived after this.',
          queries: [
            { legend: 'median', query: quantile('zaplog_append_seconds', 0.5) },
            { legend: '99 of 100', query: quantile('zaplog_append_seconds', 0.99) },
          ],
        },
        {
          ...{ title: 'Not understood', down: 'account', cli: 'zaplog events tail --type unknown' },
          tells: 'Unknown: a newer WhatsApp; untaken: a defect worth a report.',
          queries: [
            { legend: 'unknown', query: perSecond('zaplog_events_unknown_total') },
            { legend: 'unlisted', query: perSecond('zaplog_events_unlisted_total') },
            { legend: 'untaken', query: perSecond('zaplog_events_untaken_total') },
          ],
        },
        {
          ...{ title: 'Left out', down: 'account', cli: 'zaplog instances show ID' },
          tells: 'What settings leave out, and presence that could not be appended at once.',
          queries: [
            { legend: 'ignored', query: perSecond('zaplog_events_ignored_total') },
            { legend: 'presence lost', query: perSecond('zaplog_presence_lost_total') },
          ],
        },
        {
          ...{ title: 'Parts of messages', down: 'account', cli: 'zaplog events tail --type message.undecryptable' },
          tells:
            'What could not be decrypted, which mostly comes again by itself, and what came again although it is in the log.',
          queries: [
            { legend: 'undecryptable', query: perSecond('zaplog_undecryptable_total') },
            { legend: 'redelivered', query: perSecond('zaplog_parts_redelivered_total') },
          ],
        },
        {
          ...{ title: 'Sealed with an unknown secret', down: 'account', cli: 'zaplog events tail --type message.undecryptable' },
          tells: 'kept and not opened: votes and edits of messages from before the account was linked.',
          queries: [{ query: increase('zaplog_sealed_messages_total', '1h', { by: ['outcome'] }) }],
        },
        {
          ...{ title: 'Made smaller', down: 'log', cli: 'zaplog events tail --type unknown' },
          tells: 'Events that could not be appended as they were. raw-object is usual for large messages.',
          queries: [{ query: increase('zaplog_events_shrunk_total', '1h', { by: ['how'] }) }],
        },
      ],
    },
  ],
}
