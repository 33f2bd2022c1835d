// What an answer shows of the message that was asked for: WhatsApp's names of its parts, as Evolution API has them. Pure.
import { numberedButtons, numberedList } from '../../events/command-bodies/numbered-choices.ts'
import type { MessageBody } from '../../events/command-bodies.ts'
import { given } from '../dialect.ts'

type Content = { messageType: string; message: Readonly<Record<string, unknown>> }

const one = (messageType: string, content: unknown): Content => ({ messageType, message: { [messageType]: content } })

export function contentOf(body: MessageBody): Content {
  switch (body.kind) {
    case 'text':
      return one('conversation', body.text)
    case 'list':
      return one('conversation', numberedList(body))
    case 'buttons':
      return one('conversation', numberedButtons(body))
    case 'location': {
      const { latitude, longitude, name, address } = body.location
      return one('locationMessage', { degreesLatitude: latitude, degreesLongitude: longitude, name, address })
    }
    case 'contacts': {
      const contacts = body.contacts.map(({ name, vcard }) => ({ displayName: name ?? '', vcard }))
      return contacts.length === 1
        ? one('contactMessage', contacts[0])
        : one('contactsArrayMessage', { displayName: `${contacts.length} contacts`, contacts })
    }
    case 'poll': {
      const { name, options, selectableCount } = body.poll
      return one('pollCreationMessage', {
        name,
        options: options.map(optionName => ({ optionName })),
        selectableOptionsCount: selectableCount,
      })
    }
    case 'reaction':
      return one('reactionMessage', { key: keyOf(body), text: body.emoji })
    case 'edit':
      return one('protocolMessage', { key: keyOf(body), type: 'MESSAGE_EDIT', editedMessage: { conversation: body.text } })
    case 'delete':
      return one('protocolMessage', { key: keyOf(body), type: 'REVOKE' })
    case 'image':
    case 'video':
    case 'document': {
      const { caption, media } = body
      return one(`${body.kind}Message`, given({ caption, url: 'url' in media ? media.url : undefined }))
    }
    case 'audio':
    case 'voice':
      return one('audioMessage', { ptt: body.kind === 'voice' })
    case 'ptv':
    case 'sticker':
      return one(`${body.kind}Message`, {})
    default:
      return one('unknown', {})
  }
}

const keyOf = ({ chatId, targetMessageId }: { chatId: string; targetMessageId: string }) => ({
  remoteJid: chatId,
  id: targetMessageId,
})
