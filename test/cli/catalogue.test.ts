// Guarantee: zaplog topics and zaplog schemas say what a consumer of the log finds there, and what it does not find yet.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { alwaysJson, KEY } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

type Topic = { topic: string; retentionDays: number | null; types: string[] }

const topicsSaid = async (): Promise<Topic[]> => JSON.parse((await runVerb(['topics', '--json'], {})).out)

test('[B5] topics says of history also the types that what happens has, too', async () => {
  const history = (await topicsSaid()).find(({ topic }) => topic === 'wa.history')
  expect(history?.types.toSorted()).toEqual(
    ['message.history', 'history.progressed', 'poll.voted', 'contact.updated', 'chat.updated', 'group.updated'].toSorted(),
  )
})

test('[B5] topics says how long each keeps its records', async () => {
  const kept = new Map((await topicsSaid()).map(({ topic, retentionDays }) => [topic, retentionDays]))
  expect([kept.get('wa.events'), kept.get('wa.presence')]).toEqual([null, 1])
  const { out } = await runVerb(['topics'], {})
  expect(out).toMatch(/^wa\.events +instance id +\d+ +TOPIC_RETENTION /m)
  expect(out).toMatch(/^wa\.presence +instance id +1 +1 d /m)
})

test('[B5] schemas marks what no version writes yet', async () => {
  const said: { type: string; inThisVersion: boolean }[] = JSON.parse((await runVerb(['schemas', '--json'], {})).out)
  expect(said.filter(one => !one.inThisVersion).map(({ type }) => type)).toEqual(['media.refreshed', 'media.expired'])
  const { out } = await runVerb(['schemas'], {})
  expect(out).toMatch(/^media\.expired .*Not in this version\. /m)
  expect(out).not.toMatch(/^media\.stored .*Not in this version/m)
})

test('[B5] [H7] of one topic its types are said, of a schema the releases that have it, and its text as one of them has it', async () => {
  expect(JSON.parse((await runVerb(['topics', 'wa.presence', '--json'], {})).out)).toMatchObject({ types: ['presence.updated'] })
  const { code, err } = await runVerb(['topics', 'wa.nothing'], {})
  expect([code, err]).toEqual([exitCodes.failed, 'there is no topic "wa.nothing": topics without a name lists them\n'])
  const all: { type: string; releases: string[] }[] = JSON.parse((await runVerb(['schemas', '--json'], {})).out)
  const releasesOf = (type: string) => all.find(one => one.type === type)?.releases
  expect([releasesOf('message.received'), releasesOf('group.updated')?.[0]]).toEqual([
    expect.arrayContaining(['0.1.0', '0.2.0']),
    '0.2.0',
  ])
  const { out } = await runVerb(['schemas', 'message.received', '--release', '0.1.0'], {})
  expect(out.trimEnd()).toBe(readFileSync('schemas/released/0.1.0/message.received.avsc', 'utf8').trimEnd())
  expect((await runVerb(['schemas', 'group.updated', '--release', '0.1.0'], {})).err).toMatch(
    /^release 0\.1\.0 has no schema of group\.updated/,
  )
})

test('[B5] [H7] live, the zaplog that runs says how much each topic has, where each partition begins and ends, and the ids of schemas', async () => {
  const partitions = [{ partition: 0, firstOffset: '5', endOffset: '12' }]
  const ofReplay = { holds: 'what was copied', retentionMs: null, records: 7, partitions, replayId: 'rp_1' }
  const topics = [
    { topic: 'wa.events', holds: 'everything', retentionMs: 86_400_000, records: 7, partitions },
    { ...ofReplay, topic: 'wa.replay.over', expiresAt: '2026-01-12T12:00:00.000Z' },
    { ...ofReplay, topic: 'wa.replay.running', expiresAt: null },
  ]
  const schemas = [
    { type: 'message.received', subject: 'zaplog.events.MessageReceived', schemaId: 21 },
    { type: 'message.edited', subject: 'zaplog.events.MessageEdited', schemaId: 22 },
  ]
  const { url } = await openLoopbackServer((request, response) =>
    alwaysJson(200, { data: request.url === '/v1/topics' ? topics : schemas })(request, response),
  )
  const said = async (...args: string[]) => (await runVerb(args, { ZAPLOG_URL: url, ADMIN_API_KEY: KEY })).out
  expect(await said('topics', '--live')).toMatch(/^wa\.events +1 +7 +1 d +everything$/m)
  expect(await said('topics', '--live')).toMatch(/^wa\.replay\.over +1 +7 +until 2026-01-12T12:00Z? +what was copied$/m)
  expect(await said('topics', '--live')).toMatch(/^wa\.replay\.running +1 +7 +as its replay +what was copied$/m)
  expect(await said('topics', 'wa.replay.over', '--live')).toMatch(/^0 +5 +12 +7$/m)
  expect(await said('topics', 'wa.events', '--live')).toMatch(/^0 +5 +12 +7$/m)
  expect(await said('topics', 'events', '--live')).toMatch(/^0 +5 +12 +7$/m)
  expect(await said('topics', 'vents', '--live')).toBe('')
  expect(await said('schemas', '--live')).toMatch(/^21 +message\.received +zaplog\.events\.MessageReceived$/m)
  for (const name of ['message.received', 'zaplog.events.MessageReceived', 'MessageReceived'])
    expect(await said('schemas', name, '--live')).toMatch(/^id .*\n21 +message\.received .*\n$/)
  expect(await said('schemas', 'nothing', '--live')).toBe('')
})
