// Guarantee: zaplog topics and zaplog schemas say what a consumer of the log finds there, and what it does not find yet.
import { expect, test } from 'vitest'
import { runVerb } from '../ground/cli/run-verb.ts'

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
