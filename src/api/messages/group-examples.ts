// What answers say of groups, calls and labels, for the description of their calls.
import { account, ana, exampleAt, exampleEndAt, exampleIds } from '../../events/example-ids.ts'

export const listedGroupExample = {
  ...{ instanceId: exampleIds.instance, groupId: exampleIds.group, subject: 'Padaria do Bairro' },
  ...{ description: 'Pedidos e avisos', ownerId: account.id, ownerPn: account.pn, createdAt: exampleAt, announce: false },
  ...{ restrict: true, joinApproval: false, memberAdd: false, expiresInSeconds: 0, isCommunity: false, parentGroupId: null },
  ...{ inviteCode: null, growthLocked: null, suspended: null, deleted: null, pictureId: '1767614400', participantCount: 2 },
  ...{ left: false, updatedAt: exampleEndAt },
}
export const groupExample = {
  ...listedGroupExample,
  participants: [
    { id: account.id, pn: account.pn, role: 'superadmin', name: account.name },
    { id: ana.id, pn: ana.pn, role: 'member', name: ana.name },
  ],
}

export const callExample = {
  ...{ instanceId: exampleIds.instance, callId: exampleIds.call, chatId: ana.id, chatPn: ana.pn, senderId: ana.id },
  ...{ senderPn: ana.pn, fromMe: false, groupId: null, isGroup: false, video: false, status: 'missed' },
  ...{ startedAt: exampleAt, updatedAt: exampleEndAt, endedAt: exampleEndAt, durationSeconds: null },
}

export const labelExample = {
  ...{ instanceId: exampleIds.instance, labelId: '1', name: 'Pedido novo', color: 4, chats: [ana.id], messages: 2 },
}
