// The golden cases of what comes sealed with another message's secret, and of what does not come at all.
import { emptyGroup } from '../../../simulator/accounts/accounts.ts'
import { eventAnswer, secretOf, vote } from '../../../simulator/accounts/seal-content.ts'
import type { MessageSecret } from '../../../src/convert/sealed/message-secret.ts'
import { withheldIn } from '../../../src/producers/gate/withheld.ts'
import { aGroup, somebody, somebodyElse, testStartAt, us } from '../events.ts'
import { type GoldenCase, inGroup, one, said, saidAt, told } from './golden-events.ts'

type Person = typeof somebody
const contactOf = ({ lid, pn }: Person) => ({ pn: pn.split('@', 1)[0] ?? '', pnJid: pn, lidJid: lid, name: 'Ana' })
const voter = contactOf(somebody)
const asked = (by: Person) => ({ messageId: '3EB0A0', author: contactOf(by) })
const ofPoll = (by: Person): MessageSecret => ({
  author: { id: by.lid, pn: by.pn },
  secret: secretOf('3EB0A0'),
  options: ['sim', 'não'],
})
const withheld = (type: string) =>
  told('message.undecryptable', {
    messageId: '3EB0A1',
    reason: 'withheld',
    encryption: 'none',
    ...withheldIn({ tag: 'message', attrs: { t: saidAt }, content: [{ tag: 'unavailable', attrs: { type } }] }, testStartAt),
    senderName: 'Ana',
    isGroup: false,
  })

const group = { id: aGroup, subject: 'Turma', members: [], ...emptyGroup, createdAt: '1700000000' }
const votedInGroup = vote(voter, ['sim', 'não', 'talvez'], { ...asked(somebodyElse), group })

export const seals: readonly GoldenCase[] = [
  one('poll.voted', said(votedInGroup, inGroup, [ofPoll(somebodyElse)])),
  one('poll.voted withdrawn', said(vote(voter, [], asked(us)), undefined, [ofPoll(us)])),
  one('message.undecryptable without secret', said(votedInGroup, inGroup)),
  one('message.undecryptable withheld', withheld('fanout')),
  one('message.undecryptable view-once', withheld('view_once')),
  one('message.received event answer', said(eventAnswer(voter, 'going', asked(us)), undefined, [ofPoll(us)])),
]
