// Guarantee: two versions run beside each other while one takes the other's place role by role, in both directions, where the newer one's migrations
// leave the older one running: every message is in the log and out once, in order, and the account stays linked.
import { describe, expect, onTestFinished, test } from 'vitest'
import { wait } from '../../src/runtime/wait.ts'
import { runsHere } from '../ground/runs-here.ts'
import { type Conversation, openConversation } from '../ground/scenarios/conversation.ts'
import { expectReadModel } from '../ground/scenarios/expect-read-model.ts'
import { expectOnceInOrder, INSTANCE, pair, subscribe, untilDelivered } from '../ground/scenarios/stage.ts'
import { makeNextVersion } from '../ground/versions/next-version.ts'
import { openVersions, type Share, type Versions } from '../ground/versions/open-versions.ts'

const LEAVES_ALL = `-- beside: all
alter table read_model_1.messages add column mood text not null default 'fine';
create index messages_mood on read_model_1.messages (mood);
`

describe.runIf(await runsHere('kafka', 'registry', 's3'))('side by side', () => {
  test('[H9] a later version takes over role by role, and is rolled back, while messages come', {
    timeout: 360_000,
  }, async () => {
    const next = await makeNextVersion(LEAVES_ALL)
    onTestFinished(next.remove)
    const versions = await openVersions(next)
    onTestFinished(versions.close)
    const { simulator, receiver } = versions
    const api = await versions.startAll('this')
    await subscribe(api, receiver)
    const device = await pair(api, simulator)
    const talk = openConversation({ simulator, device }, { chats: 3 })

    await whileMessagesCome(talk, async () => {
      await somethingArrives(versions, talk)
      for (const share of readersFirst) await replace(versions, talk, { share, by: 'next' })
      expect(await versions.applied()).toContain('9999_next')
      for (const share of readersFirst.toReversed()) await replace(versions, talk, { share, by: 'this' })
    })

    await untilDelivered(
      receiver,
      talk.sent.map(({ messageId }) => messageId),
    )
    expectOnceInOrder(receiver, talk.sent)
    await expectReadModel(versions.front(), talk.sent)
    expect((await versions.front().call('GET', `/v1/instances/${INSTANCE}`)).body).toMatchObject({ state: 'open' })
    expect(receiver.accepted.filter(one => one.body.type === 'message.undecryptable')).toEqual([])
    const received = (await versions.events()).filter(({ type }) => type === 'message.received')
    expect(received.map(({ messageId }) => messageId).toSorted()).toEqual(talk.sent.map(one => one.messageId).toSorted())
  })
})

/** Whoever reads knows what whoever writes may write; the other way round on the way back. */
const readersFirst: readonly Share[] = ['projections,processors,webhooks', 'producers', 'api']

/** Both run beside each other, but producers, of which there is one: it lets go first. */
async function replace(
  versions: Versions,
  talk: Conversation,
  { share, by }: { share: Share; by: 'this' | 'next' },
): Promise<void> {
  const old = versions.running(share)
  if (share === 'producers') expect(await old.stop(), old.errors()).toBe(0)
  await versions.start(by, share)
  await somethingArrives(versions, talk)
  if (share !== 'producers') expect(await old.stop(), old.errors()).toBe(0)
  await somethingArrives(versions, talk)
}

/** A message that is written from now on has arrived. */
async function somethingArrives({ receiver }: Versions, talk: Conversation): Promise<void> {
  const [contact] = talk.contacts
  if (contact === undefined) throw new Error('nobody to write')
  const { messageId } = await talk.say(contact)
  await untilDelivered(receiver, [messageId])
}

/** Without waiting for any: so many chats a quarter of a second. */
async function whileMessagesCome(talk: Conversation, work: () => Promise<void>): Promise<void> {
  const over = new AbortController()
  const writing = (async () => {
    do await talk.write(talk.contacts.length)
    while (await wait(250, over.signal))
  })()
  try {
    await work()
  } finally {
    over.abort()
    await writing
  }
}
