// A text with buttons below it, and the button that somebody tapped.
import type { proto } from '@whiskeysockets/baileys'
import { type Body, firstTextOf, textOf } from './body.ts'
import { interactiveOf, type Told } from './interactive.ts'
import { placeOf } from './location.ts'
import { attachmentOf } from './media.ts'

export function convertButtons({ buttonsMessage: shown, buttonsResponseMessage: answer }: proto.IMessage): Body | null {
  if (shown) return offered(shown)
  if (!answer) return null
  return {
    kind: 'buttons',
    text: textOf(answer.selectedDisplayText),
    interactive: interactiveOf({ selectedId: textOf(answer.selectedButtonId) }),
    context: answer.contextInfo,
  }
}

const offered = (shown: proto.Message.IButtonsMessage): Body => ({
  kind: 'buttons',
  text: firstTextOf(shown.contentText, shown.text, shown.imageMessage?.caption, shown.videoMessage?.caption),
  location: shown.locationMessage ? placeOf(shown.locationMessage) : null,
  ...attachmentOf(shown),
  interactive: interactiveOf({
    header: textOf(shown.text),
    footer: textOf(shown.footerText),
    buttons: (shown.buttons ?? []).map(buttonOf),
  }),
  context: shown.contextInfo,
})

const buttonOf = (button: proto.Message.ButtonsMessage.IButton): Told => ({
  id: textOf(button.buttonId),
  text: textOf(button.buttonText?.displayText),
  name: textOf(button.nativeFlowInfo?.name),
  paramsJson: textOf(button.nativeFlowInfo?.paramsJson),
})
