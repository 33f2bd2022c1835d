// Groups and who is in them, as the read model keeps and answers them: the same whatever comes first.
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { getGroup, listGroups } from '../../src/projections/read-model/queries.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { aGroup, anEvent, somebody, somebodyElse, testStartAt, us } from '../ground/events.ts'
import { never, openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { applyTo } from '../ground/projections/apply-to.ts'
import { countStatements } from '../ground/projections/count-statements.ts'
import { pairOf } from '../ground/projections/number-of.ts'
import { dumpTables } from '../ground/standing-property.ts'

const instanceId = 'shop'
let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('groups', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())

const projected = (...events: readonly Event[]) => dsl.projected(...events)
const read = (groupId = aGroup) => getGroup(dsl.test.database, { instanceId, groupId })
const inGroup = async () => (await read())?.participants.map(({ id, role }) => `${id} ${role}`)

const third = { lid: '100000000000003@lid', pn: '5511900000003@s.whatsapp.net' }
type Person = { lid: string; pn: string }
const as = ({ lid, pn }: Person, role: string | null = null) => ({ id: lid, pn, role })
const told = (sequence: number, participants: readonly ReturnType<typeof as>[], more = {}) =>
  anEvent('group.updated', { sequence, participants: [...participants], subject: null, ...more })
const change = (sequence: number, action: string, ...participants: readonly { id: string; pn?: string | null }[]) =>
  anEvent('group.participants-changed', { sequence, action, participants: [...participants] })

describe('what a group is', () => {
  it('[D1] each field is the one with the greatest (epoch, sequence), and what is not said stays', async () => {
    const createdAt = Date.UTC(2020, 1, 2)
    const first = anEvent('group.updated', {
      ...{ epoch: 1, sequence: 5, subject: 'First', description: 'About', announce: true, createdAt },
      ...{ ownerId: somebody.lid, ownerPn: somebody.pn, inviteCode: 'CODE', expiresInSeconds: 60 },
    })
    const older = anEvent('group.updated', { epoch: 1, sequence: 1, subject: 'Oldest', restrict: true, announce: false })
    const last = anEvent('group.updated', { epoch: 2, sequence: 1, subject: 'Last', announce: null, description: '' })
    await projected(last, first, older)
    expect(await read()).toEqual({
      ...{ instanceId, groupId: aGroup, subject: 'Last', description: '', ownerId: somebody.lid, ownerPn: somebody.pn },
      ...{ createdAt: new Date(createdAt).toISOString(), announce: true, restrict: true, joinApproval: null, memberAdd: null },
      ...{ expiresInSeconds: 60, isCommunity: null, parentGroupId: null, inviteCode: 'CODE', growthLocked: null },
      ...{ suspended: null, deleted: null, pictureId: null, participantCount: 0, left: false },
      ...{ updatedAt: new Date(last.occurredAt).toISOString(), participants: [] },
    })
    const [row] = await dsl.test.database.query(`select changed_by_event, subject from groups`)
    expect(row).toEqual({ changed_by_event: last.eventId, subject: 'Last' })
  })

  it('[D1] an owner that is told without a number is not shown with the one of the owner before', async () => {
    await projected(
      anEvent('group.updated', { sequence: 1, ownerId: somebody.lid, ownerPn: somebody.pn }),
      anEvent('group.updated', { sequence: 2, ownerId: somebodyElse.lid, ownerPn: null }),
    )
    expect(await read()).toMatchObject({ ownerId: somebodyElse.lid, ownerPn: null })
  })
})

describe('who is in it', () => {
  const list = told(10, [as(somebody, 'superadmin'), as(somebodyElse)])

  it('[D1] those of the last list, and of what was said since', async () => {
    await projected(list, change(11, 'add', as(third)), change(12, 'remove', as(somebodyElse)), change(13, 'promote', as(third)))
    expect(await inGroup()).toEqual([`${somebody.lid} superadmin`, `${third.lid} admin`])
    expect(await read()).toMatchObject({ participantCount: 2 })
  })

  it('[D1] what was said before the list is over with it, in whichever order they come', async () => {
    await projected(list, change(3, 'add', as(third)), change(4, 'remove', as(somebody)), change(5, 'demote', as(somebody)))
    expect(await inGroup()).toEqual([`${somebody.lid} superadmin`, `${somebodyElse.lid} member`])
    expect(await read()).toMatchObject({ participantCount: 2 })
  })

  it('[D1] who comes again is a member; another address of an admin leaves an admin', async () => {
    await projected(list, change(11, 'leave', as(somebody)), change(12, 'add', as(somebody)))
    expect(await inGroup()).toContain(`${somebody.lid} member`)
    await projected(list, change(11, 'modify', as(somebody)))
    expect(await inGroup()).toContain(`${somebody.lid} superadmin`)
    await projected(list, change(11, 'demote', as(somebody)))
    expect(await inGroup()).toContain(`${somebody.lid} member`)
  })

  it('[D1] whoever has another number now is in it once, under the new one; the same person named by both addresses stays', async () => {
    const list = told(10, [as(somebody, 'superadmin'), as(somebodyElse)])
    const { lid: authorId, pn: authorPn } = somebodyElse
    const moved = { ...change(11, 'modify', as(third)), authorId, authorPn }
    for (const events of [
      [list, moved],
      [moved, list],
      [change(9, 'add', as(somebodyElse)), moved, list],
    ]) {
      await projected(...events)
      expect(await inGroup()).toEqual([`${somebody.lid} superadmin`, `${third.lid} member`])
      expect(await read()).toMatchObject({ participantCount: 2 })
    }
    await projected(list, { ...change(11, 'modify', as(somebodyElse)), authorId, authorPn })
    await projected(list, { ...change(11, 'modify', as(somebodyElse)), authorId: authorPn, authorPn })
    expect(await inGroup()).toEqual([`${somebody.lid} superadmin`, `${somebodyElse.lid} member`])
  })

  it('[D1] an action that no version knows says nothing of who is in it', async () => {
    await projected(list, change(11, 'banished', as(somebody)))
    expect(await inGroup()).toHaveLength(2)
  })

  it('[B4] [D1] who was told under a number and leaves under a LID is one person once both are known to be', async () => {
    const byNumber = told(10, [{ id: somebody.pn, pn: somebody.pn, role: 'admin' }, as(somebodyElse)])
    const world = await projected(byNumber, change(11, 'add', { id: somebody.lid, pn: null }))
    expect(await read()).toMatchObject({ participantCount: 3 })
    await world.append([anEvent('contact.updated', { name: 'Ana' })])
    await world.projectAll()
    expect(await read()).toMatchObject({
      participantCount: 2,
      participants: [
        { id: somebody.lid, pn: somebody.pn, name: 'Ana', role: 'member' },
        { id: somebodyElse.lid, pn: somebodyElse.pn, name: null, role: 'member' },
      ],
    })
    await world.append([change(12, 'leave', { id: somebody.lid, pn: null })])
    await world.projectAll()
    expect(await inGroup()).toEqual([`${somebodyElse.lid} member`])
    expect(await read()).toMatchObject({ participantCount: 1 })
  })

  it('[B4] [D1] a number that was told of somebody earlier than was known is counted as whose it is now', async () => {
    const people = told(10, [as({ lid: somebody.pn, pn: somebody.pn }), as(third)])
    const world = await projected(pairOf(third, 5), pairOf(somebody, 9), people)
    expect(await read()).toMatchObject({ participantCount: 2 })
    await world.append([pairOf(somebody, 3)])
    await world.projectAll()
    expect(await read()).toMatchObject({ participantCount: 1, participants: [{ id: third.lid }] })
  })

  it('[D1] [D2] what is said of a group alone counts nobody', async () => {
    await projected(list)
    const looked = () =>
      dsl.test.database.transact(async tx => {
        const statements: string[] = []
        const query: typeof tx.query = (sql, values) => {
          statements.push(sql)
          return tx.query(sql, values)
        }
        const event = anEvent('group.updated', { sequence: 20, subject: 'New' })
        await applyTo({ query }, readModel, [{ event, position: { topic: 'wa.events', partition: 0, nextOffset: 9n } }])
        return statements.filter(sql => sql.includes('set participant_count'))
      }, never)
    expect(await looked()).toEqual([])
    expect(await read()).toMatchObject({ subject: 'New', participantCount: 2 })
  })

  it('[D1] any order of records, in steps of any size, gives the same rows', async () => {
    const events = [
      list,
      change(8, 'add', as(third)),
      change(9, 'remove', as(somebody)),
      change(11, 'remove', as(somebodyElse)),
      change(12, 'add', as(third, 'admin')),
      told(13, [as(third), as(somebody)], { subject: 'Told again' }),
      change(14, 'promote', as(somebody)),
      change(15, 'leave', as(third)),
      anEvent('group.updated', { sequence: 16, subject: 'Last' }),
      change(17, 'modify', { id: somebody.pn, pn: somebody.pn }),
      { ...change(18, 'modify', as(somebodyElse)), authorId: third.lid, authorPn: third.pn },
    ]
    const tables = ['groups', 'group_participants'].map(name => `read_model_1.${name}`)
    await projected(...events)
    const expected = await dumpTables(dsl.test.database, tables)
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(events, { minLength: events.length }),
        fc.integer({ min: 1, max: 10 }),
        async (shuffled, size) => {
          const world = await dsl.freshWorld()
          await world.append(shuffled)
          while ((await world.projectBatch('events', size)) > 0);
          expect(await dumpTables(dsl.test.database, tables)).toEqual(expected)
        },
      ),
      { seed: 5, numRuns: 15 },
    )
  })

  it('[D1] 1,024 people at once are as many statements as one', async () => {
    const many = Array.from({ length: 1_024 }, (_, at) => ({ id: `${2_000 + at}@lid`, pn: `55119${at}@s.whatsapp.net` }))
    const statementsFor = async (people: typeof many) => {
      await dsl.freshWorld()
      const counted = countStatements(dsl.test.database, { beforeCommit: async () => undefined, committed: () => undefined })
      const position = { topic: 'wa.events', partition: 0, nextOffset: 1n }
      const event = change(11, 'add', ...people)
      await counted.database.transact(tx => applyTo(tx, readModel, [{ event, position }]), never)
      return counted.statements()
    }
    expect(await statementsFor(many)).toBe(await statementsFor(many.slice(0, 1)))
    await statementsFor(many)
    const group = await read()
    expect([group?.participantCount, group?.participants.length]).toEqual([1_024, 1_024])
  })

  it('[D1] an owner whose addresses no index could hold stops nobody', async () => {
    const long = randomBytes(9_000).toString('hex')
    await projected(told(10, [as(somebody)], { ownerId: `${long}@lid`, ownerPn: `${long}@s.whatsapp.net` }))
    expect(await read()).toMatchObject({ participantCount: 1 })
  })

  it('[D1] ids that no index could hold stop nobody', async () => {
    const long = 'x'.repeat(10_000)
    await projected(told(10, [{ id: `${long}@lid`, pn: `${long}@s.whatsapp.net`, role: null }], { subject: 'a\0b' }))
    expect(await read()).toMatchObject({ subject: 'a\ufffdb', participants: [{ id: expect.stringContaining('…sha256:') }] })
  })
})

describe('the account itself', () => {
  const paired = anEvent('instance.paired', { epoch: 1, sequence: 1 })
  const list = told(10, [as(somebody), as(us)])

  it.each([
    ['its LID', us.lid],
    ['its number', us.pn],
  ])('[D1] that left, or was removed, is said by %s; who is added again did not', async (_, id) => {
    const world = await projected(paired, list)
    expect(await read()).toMatchObject({ left: false })
    await world.append([change(11, 'remove', { id })])
    await world.projectAll()
    expect(await read()).toMatchObject({ left: true, participants: [{ id: somebody.lid }] })
    expect((await listGroups(dsl.test.database, { instanceId })).data).toMatchObject([{ left: true, participantCount: 1 }])
    await world.append([change(12, 'add', { id })])
    await world.projectAll()
    expect(await read()).toMatchObject({ left: false, participantCount: 2 })
  })
})

describe('the list', () => {
  it('[D4] is of the last changed first, in pages; who joins changes a group, too', async () => {
    const groups = ['1@g.us', '2@g.us', '3@g.us']
    const made = groups.map((groupId, index) =>
      anEvent('group.updated', {
        groupId,
        chatId: groupId,
        subject: groupId,
        occurredAt: testStartAt + index * 1000,
        sequence: index + 1,
      }),
    )
    const joined = anEvent('group.participants-changed', {
      ...{ groupId: '1@g.us', chatId: '1@g.us', occurredAt: testStartAt + 9_000, sequence: 9 },
      ...{ action: 'add', participants: [as(somebody)] },
    })
    await projected(...made, joined, anEvent('group.updated', { instanceId: 'other' }))
    const first = await listGroups(dsl.test.database, { instanceId, limit: 2 })
    expect(first.data.map(one => [one.groupId, one.subject, one.participantCount])).toEqual([
      ['1@g.us', '1@g.us', 1],
      ['3@g.us', '3@g.us', 0],
    ])
    expect(first.data[0]).not.toHaveProperty('participants')
    const rest = await listGroups(dsl.test.database, { instanceId, limit: 2, cursor: first.nextCursor })
    expect([rest.data.map(one => one.groupId), rest.nextCursor]).toEqual([['2@g.us'], null])
  })

  it('[D4] a group of which only people were told is there without a name; one that nothing was told of is not', async () => {
    await projected(change(1, 'add', as(somebody)))
    expect(await read()).toMatchObject({ subject: null, participantCount: 1 })
    expect(await read('120363000000000009@g.us')).toBeNull()
  })
})
