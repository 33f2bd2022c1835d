// Invitations to a group, to follow a channel, or to administer one.
import { proto } from '@whiskeysockets/baileys'
import { type Body, firstTextOf, textOf } from './body.ts'
import { instantOfSeconds, interactiveOf, jidOf } from './interactive.ts'

const { GroupType } = proto.Message.GroupInviteMessage

export function convertInvite(content: proto.IMessage): Body | null {
  const { groupInviteMessage: toGroup, newsletterAdminInviteMessage: toAdminister } = content
  const { newsletterFollowerInviteMessageV2: toFollow } = content
  if (toGroup) return groupInvite(toGroup)
  if (toAdminister)
    return channelInvite(toAdminister, { role: 'admin', expiresAt: instantOfSeconds(toAdminister.inviteExpiration) })
  return toFollow ? channelInvite(toFollow, { role: 'follower' }) : null
}

const groupInvite = (invite: proto.Message.IGroupInviteMessage): Body => ({
  kind: 'group-invite',
  text: firstTextOf(invite.caption, invite.groupName),
  interactive: interactiveOf({
    groupId: jidOf(invite.groupJid),
    name: textOf(invite.groupName),
    code: textOf(invite.inviteCode),
    expiresAt: instantOfSeconds(invite.inviteExpiration),
    isCommunity: invite.groupType === GroupType.PARENT ? true : null,
  }),
  context: invite.contextInfo,
})

type ChannelInvite = proto.Message.INewsletterFollowerInviteMessage
type Terms = { role: 'admin' | 'follower'; expiresAt?: string | null }

const channelInvite = (invite: ChannelInvite, terms: Terms): Body => ({
  kind: 'group-invite',
  text: firstTextOf(invite.caption, invite.newsletterName),
  interactive: interactiveOf({ channelId: jidOf(invite.newsletterJid), name: textOf(invite.newsletterName), ...terms }),
  context: invite.contextInfo,
})
