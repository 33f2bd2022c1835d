// The people of a listed group, and who changed a channel, are shown as the instance knows them.
import { expect, test } from 'vitest'
import { completeAddresses } from '../../src/convert/complete-addresses.ts'
import { createEventIntake } from '../../src/producers/epoch/event-intake.ts'
import { aGroup, somebody } from '../ground/events.ts'

const known = {
  complete: async ({ id, pn }: { id: string; pn: string | null }) =>
    id === somebody.pn ? { id: somebody.lid, pn: somebody.pn } : { id, pn },
  readAhead: async () => undefined,
}

test('[B5] the owner and the people of a listed group have the LIDs that the instance knows', async () => {
  const offers: unknown[] = []
  const told = {
    tell: async (states: readonly object[], offerOf: (differing: never) => unknown) => {
      for (const state of states) offers.push(await offerOf({ ...state, eventId: () => 'id' } as never))
    },
  }
  const deps = { clock: () => 1, metrics: { ignored: { inc: () => undefined } } }
  const of = { epoch: { instanceId: 'first', intake: { ignores: () => false } }, told, appState: {}, known }
  const events = createEventIntake(deps as never, of as never, () => undefined)
  const fields = { ownerId: somebody.pn, ownerPn: null, participants: [{ id: somebody.pn, pn: null, role: 'admin' }] }
  expect(await events.tellGroups([{ groupId: aGroup, fields }])).toBe(true)
  expect(offers).toMatchObject([
    {
      ...{ groupId: aGroup, ownerId: somebody.lid, ownerPn: somebody.pn, origin: 'snapshot' },
      participants: [{ id: somebody.lid, pn: somebody.pn, role: 'admin' }],
    },
  ])
})

test('[B5] who changed a channel has the LID that the instance knows', async () => {
  const about = { eventId: 'id', instanceId: 'first', occurredAt: 1, chatId: '1@newsletter' }
  const offer = { ...about, type: 'newsletter.updated', newsletterId: '1@newsletter' } as const
  expect(await completeAddresses({ ...offer, authorId: somebody.pn }, known)).toMatchObject({ authorId: somebody.lid })
  expect(await completeAddresses({ ...offer, authorId: null }, known)).toMatchObject({ authorId: null })
})
