// The words of the contract are all there, under the names that it fixed, and what is said to be written has a writer.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  callStatuses,
  deliveryStates,
  deliveryTypes,
  instanceReasons,
  instanceStates,
  kinds,
  mediaReasons,
  mediaStatuses,
  recordTypes,
  type Vocabulary,
} from '../../src/events/vocabulary.ts'

const words = (text: string) => text.split(', ').sort()
const all = ({ here, later }: Vocabulary) => [...here, ...later].sort()

const types =
  'message.received, message.sent, message.edited, message.revoked, message.deleted, message.starred, message.pinned, message.reacted, ' +
  'message.receipt-updated, message.undecryptable, message.history, poll.voted, chat.updated, chat.deleted, contact.updated, group.updated, ' +
  'group.participants-changed, group.join-requested, presence.updated, call.updated, label.changed, newsletter.updated, blocklist.updated, ' +
  'instance.created, instance.state-changed, instance.settings-changed, instance.paired, instance.logged-out, instance.deleted, ' +
  'instance.heartbeat, history.progressed, media.downloaded, media.stored, media.failed, media.refreshed, media.expired, picture.stored, ' +
  'upload.requested, upload.completed, upload.failed, processing.started, processing.finished, processing.timed-out, retention.completed, ' +
  'command.accepted, command.completed, command.failed, replay.ended, unknown'

test.each<[string, Vocabulary, string]>([
  ['recordTypes', recordTypes, types],
  ['deliveryTypes', deliveryTypes, `${types}, media.updated, endpoint.tested`],
  [
    'kinds',
    kinds,
    'text, image, video, ptv, gif, audio, voice, document, sticker, location, live-location, contacts, poll, event, product, order, list, ' +
      'buttons, template, interactive, album, group-invite, link-preview, system, unknown',
  ],
  ['mediaStatuses', mediaStatuses, 'stored, pending, failed, skipped, expired'],
  [
    'mediaReasons',
    mediaReasons,
    'timeout, connection, throttled, server-error, no-url, gone, logged-out, reupload-failed, bad-mac, bad-hash, truncated, too-large, ' +
      'type-not-allowed, infected, scan-too-large, corrupt, storage-refused, filtered-too-short, filtered-too-long, rate-limited, policy, ' +
      'retention, erased',
  ],
  ['instanceStates', instanceStates, 'created, connecting, qr, open, reconnecting, closed, logged-out'],
  [
    'instanceReasons',
    instanceReasons,
    'replaced, banned, client-outdated, logged-out, qr-expired, network, log-unavailable, restart-required, phone-unseen, requested, internal',
  ],
  ['callStatuses', callStatuses, 'offer, ringing, accepted, rejected, missed, ended'],
  ['deliveryStates', deliveryStates, 'held, pending, sending, retrying, waiting, delivered, dead, discarded, expired, filtered'],
])('[L] %s are the contract’s', (_name, ours, contract) => {
  expect(all(ours)).toEqual(words(contract))
})

/** Code that writes records, less what it says of those that it reads. */
const writers = ['src/convert', 'src/producers', 'src/processors', 'src/replays', 'src/api']
  .flatMap(folder =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.ts'))
      .map(file => readFileSync(join(folder, file), 'utf8')),
  )
  .map(text => text.replaceAll(/case '[\w.-]+'|(?:const types =|types:) \[[^\]]*\]/g, ''))
const isWritten = (type: string) => type === 'unknown' || writers.some(text => text.includes(`'${type}'`))

test('[B1] a type that is said to be there has a writer, and one that is said to come later has none', () => {
  expect(recordTypes.here.filter(type => !isWritten(type))).toEqual([])
  expect(recordTypes.later.filter(isWritten)).toEqual([])
})
