// Who is in a group, by the real Baileys at the simulator: people come, go and become admins, each once, with what WhatsApp says of each person.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Group } from '../../simulator/accounts/accounts.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import {
  aGroup,
  comings,
  type GroupsRig,
  interrupted,
  names,
  nobody,
  now,
  openGroupsRig,
  perform,
  person,
  updates,
} from '../ground/producers/groups-rig.ts'

const logger = collectLogLines()
let groups: GroupsRig
beforeAll(async () => {
  groups = await openGroupsRig('actions-participants', logger)
})
afterAll(() => groups.rig.close())

describe('the people of a group', () => {
  const change = (group: Group, action: string, participants: readonly string[]) =>
    perform(groups, 'group.change-participants', { groupId: group.id, action, participants })

  test('[F1] [D4] are added, and WhatsApp says of each why not', async () => {
    const [shy, gone] = [13, 14].map(nth => groups.rig.simulator.contact({ pn: `55119000000${nth}`, name: `Person ${nth}` }))
    if (shy === undefined || gone === undefined) throw new Error('expected two people')
    const group = aGroup(groups, { refuses: { [shy.pn]: '403', [gone.pn]: '408' } })
    const { result } = await change(group, 'add', [groups.bea.pnJid, groups.ana.lidJid, shy.pnJid, gone.pnJid, nobody])
    expect(result.participants).toEqual([
      person(groups.bea, '200', 'done'),
      person(groups.ana, '409', 'already-in'),
      person(shy, '403', 'needs-invite'),
      person(gone, '408', 'left-recently'),
      { id: nobody, pn: nobody, code: '404', status: 'not-on-whatsapp' },
    ])
    expect(names(now(groups, group).members)).toEqual(['Ana', 'Bea', 'Owner'])
    const changes = await comings(groups, group, 1)
    expect(changes).toMatchObject([{ action: 'add', participants: [{ id: groups.bea.lidJid }], authorId: groups.owner.lidJid }])
  })

  test('[F1] [D4] become admins, no longer are, and are removed, by whichever address; who is not in it is said', async () => {
    const group = aGroup(groups)
    const missing = { id: groups.bea.pnJid, pn: groups.bea.pnJid, code: '404', status: 'not-in-group' }
    for (const action of ['promote', 'demote', 'remove']) {
      expect(await change(group, action, [groups.ana.pnJid, groups.bea.pnJid])).toMatchObject({
        result: { participants: [person(groups.ana, '200', 'done'), missing] },
      })
      expect([action, now(groups, group).admins.includes(groups.ana.lidJid)]).toEqual([action, action === 'promote'])
    }
    expect(names(now(groups, group).members)).toEqual(['Owner'])
    const events = await comings(groups, group, 3)
    expect(events.map(({ action }) => action)).toEqual(['promote', 'demote', 'remove'])
    expect(await change(group, 'remove', [groups.ana.pnJid])).toMatchObject({
      result: { participants: [{ status: 'not-in-group' }] },
    })
  })

  test.each([
    ['add', 'unsaid', 1],
    ['add', 'swallow', 2],
    ['remove', 'unsaid', 1],
    ['promote', 'unsaid', 1],
    ['demote', 'swallow', 1],
  ] as const)('[F1] of %s that was lost (%s) WhatsApp is asked how it stands', async (action, fault, tries) => {
    const group = aGroup(groups)
    const who = action === 'add' ? groups.bea : groups.ana
    const body = { groupId: group.id, action, participants: [who.lidJid] }
    expect(await interrupted(groups, fault, 'group.change-participants', body)).toMatchObject({
      ...{ tries },
      result: { participants: [{ id: who.lidJid, code: '200', status: 'done' }] },
    })
    expect(names(now(groups, group).members).includes(who.name)).toBe(action !== 'remove')
    expect(now(groups, group).admins.includes(who.lidJid)).toBe(action === 'promote')
  })

  test('[F1] are not changed by one who is no admin', async () => {
    const group = aGroup(groups, { admins: [groups.ana.lidJid] })
    expect(await change(group, 'remove', [groups.ana.lidJid])).toMatchObject({ reason: 'not-allowed', code: '403' })
    expect(names(now(groups, group).members)).toEqual(['Ana', 'Owner'])
  })
})

describe('coming and going', () => {
  const link = (group: Group, operation: string) => perform(groups, operation, { groupId: group.id })
  const join = (invite: string) => perform(groups, 'group.join', { invite })

  test('[F1] the invite link is read, and revoked for another one', async () => {
    const group = aGroup(groups)
    const { result: first } = await link(group, 'group.read-invite-link')
    expect(first).toEqual({ code: now(groups, group).inviteCode, url: `https://chat.whatsapp.com/${first.code}` })
    expect((await link(group, 'group.read-invite-link')).result).toEqual(first)
    const { result: second } = await link(group, 'group.revoke-invite-link')
    expect(second.code).not.toBe(first.code)
    expect(await updates(groups, group, 1)).toMatchObject([{ inviteCode: second.code }])
    expect(await join(first.code)).toMatchObject({
      reason: 'refused',
      reasonText: /^There is no such invite link\./,
      code: '406',
    })
    expect(await join(second.code)).toMatchObject({ result: { groupId: group.id, status: 'joined' } })
  })

  /** In which the account is not. */
  const elsewhere = (inviteCode: string, approval = false): Group => {
    const group = aGroup(groups, { members: [groups.ana], admins: [groups.ana.lidJid] })
    groups.device.changeGroup(group, groups.ana, { kind: 'invite', code: inviteCode })
    if (approval) groups.device.changeGroup(group, groups.ana, { kind: 'joinApproval', on: true })
    return now(groups, group)
  }

  test('[F1] [D4] a group is joined by its code, left, and joined no more once the link is another', async () => {
    const group = elsewhere('AbCdEfGhIj01')
    expect(await join('AbCdEfGhIj01')).toMatchObject({ result: { groupId: group.id, status: 'joined' } })
    expect(names(now(groups, group).members)).toEqual(['Ana', 'Owner'])
    expect(await perform(groups, 'group.leave', { groupId: group.id })).toMatchObject({ tries: 1, result: null })
    expect(names(now(groups, group).members)).toEqual(['Ana'])
    const events = await comings(groups, group, 2)
    expect(events).toMatchObject([
      { action: 'add', participants: [{ id: groups.owner.lidJid }], reason: 'invite' },
      { action: 'leave', participants: [{ id: groups.owner.lidJid }] },
    ])
  })

  test('[F1] where an admin lets people in, joining is asked for', async () => {
    const group = elsewhere('AbCdEfGhIj02', true)
    expect(await join('AbCdEfGhIj02')).toMatchObject({ result: { groupId: group.id, status: 'requested' } })
    expect(names(now(groups, group).asking)).toEqual(['Owner'])
  })

  test.each([
    ['unsaid', 1],
    ['swallow', 2],
  ] as const)('[F1] joining and leaving whose answers are lost are read back: %s', async (fault, tries) => {
    const code = `AbCdEfGhIj${fault}`
    const group = elsewhere(code)
    const joined = await interrupted(groups, fault, 'group.join', { invite: code })
    expect(joined).toMatchObject({ tries, result: { groupId: group.id, status: 'joined' } })
    expect(await interrupted(groups, fault, 'group.leave', { groupId: group.id })).toMatchObject({ tries, result: null })
    expect(names(now(groups, group).members)).toEqual(['Ana'])
  })

  const asking = async () => {
    const group = aGroup(groups)
    groups.device.changeGroup(group, groups.bea, { kind: 'joinRequested', people: [groups.bea], method: 'invite_link' })
    return now(groups, group)
  }
  const answer = (group: Group, action: string) => ({ groupId: group.id, action, participants: [groups.bea.pnJid] })

  test('[F1] who asks to be let in is listed, let in or not, and answered once', async () => {
    for (const [action, members] of [
      ['approve', ['Ana', 'Bea', 'Owner']],
      ['reject', ['Ana', 'Owner']],
    ] as const) {
      const group = await asking()
      const { result } = await perform(groups, 'group.read-join-requests', { groupId: group.id })
      const request = {
        id: groups.bea.lidJid,
        pn: groups.bea.pnJid,
        method: 'invitelink',
        requestedAt: expect.stringMatching(/Z$/),
      }
      expect(result).toEqual({ requests: [request] })
      const answered = await perform(groups, 'group.answer-join-requests', answer(group, action))
      expect(answered).toMatchObject({ result: { participants: [person(groups.bea, '200', 'done')] } })
      expect([names(now(groups, group).members), now(groups, group).asking]).toEqual([members, []])
      const again = await perform(groups, 'group.answer-join-requests', answer(group, action))
      expect(again).toMatchObject({ result: { participants: [{ id: groups.bea.pnJid, code: '404', status: 'not-asking' }] } })
    }
  })

  test.each([
    ['approve', 'unsaid', 1],
    ['reject', 'unsaid', 1],
    ['approve', 'swallow', 2],
  ] as const)('[F1] an answer that was lost is read back: %s %s', async (action, fault, tries) => {
    const group = await asking()
    expect(await interrupted(groups, fault, 'group.answer-join-requests', answer(group, action))).toMatchObject({
      ...{ tries },
      result: { participants: [{ code: '200', status: 'done' }] },
    })
    expect(now(groups, group).asking).toEqual([])
  })
})
