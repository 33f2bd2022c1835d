// Lists and buttons in WhatsApp's own form, with the node that whatsmeow's send.go (getButtonAttributes) puts beside it. Untested against phones.
import { proto } from '@whiskeysockets/baileys'
import type { ButtonsToSend, ListToSend } from '../../events/command-bodies/choices.ts'
import type { Built, StanzaNode } from './build-message.ts'

type Context = { contextInfo?: proto.IContextInfo }

export function nativeList({ title, description, footer, buttonText, sections }: ListToSend, context: Context): Built {
  const { SINGLE_SELECT: listType } = proto.Message.ListMessage.ListType
  const listMessage: proto.Message.IListMessage = {
    ...(title !== undefined && { title }),
    description,
    ...(footer !== undefined && { footerText: footer }),
    buttonText,
    listType,
    sections: sections.map(section => ({
      ...(section.title !== undefined && { title: section.title }),
      rows: section.rows.map(({ id: rowId, ...row }) => ({ rowId, ...row })),
    })),
    ...context,
  }
  return { content: { listMessage }, nodes: [beside('list', { v: '2', type: 'single_select' })] }
}

export function nativeButtons({ text, header, footer, buttons }: ButtonsToSend, context: Context): Built {
  const { HeaderType, Button } = proto.Message.ButtonsMessage
  const buttonsMessage: proto.Message.IButtonsMessage = {
    ...(header !== undefined && { text: header }),
    headerType: header === undefined ? HeaderType.EMPTY : HeaderType.TEXT,
    contentText: text,
    ...(footer !== undefined && { footerText: footer }),
    buttons: buttons.map(button => ({
      buttonId: button.id,
      buttonText: { displayText: button.text },
      type: Button.Type.RESPONSE,
    })),
    ...context,
  }
  return { content: { buttonsMessage }, nodes: [beside('buttons', {})] }
}

const beside = (tag: string, attrs: Record<string, string>): StanzaNode => ({
  tag: 'biz',
  attrs: {},
  content: [{ tag, attrs }],
})
