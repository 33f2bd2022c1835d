// A template of a business, filled in by WhatsApp (hydrated) or named with what fills it, and the button of one that somebody tapped.
import type { proto } from '@whiskeysockets/baileys'
import { type Body, firstTextOf, intOf, textOf } from './body.ts'
import { interactiveOf, type Told } from './interactive.ts'
import { offeredInteractive } from './interactive-message.ts'
import { placeOf } from './location.ts'
import { attachmentOf } from './media.ts'

export function convertTemplate({ templateMessage: template, templateButtonReplyMessage: answer }: proto.IMessage): Body | null {
  if (template) return offered(template)
  if (!answer) return null
  return {
    kind: 'template',
    text: textOf(answer.selectedDisplayText),
    interactive: interactiveOf({
      selectedId: textOf(answer.selectedId),
      selectedIndex: intOf(answer.selectedIndex),
      selectedCardIndex: intOf(answer.selectedCarouselCardIndex),
    }),
    context: answer.contextInfo,
  }
}

function offered(template: proto.Message.ITemplateMessage): Body {
  const { contextInfo: context, interactiveMessageTemplate: interactive, fourRowTemplate: named } = template
  const filledIn = template.hydratedTemplate ?? template.hydratedFourRowTemplate
  if (filledIn) return { ...hydrated(filledIn, template.templateId), context }
  if (interactive) return { ...offeredInteractive(interactive), kind: 'template', context: context ?? interactive.contextInfo }
  return { ...unhydrated(named ?? {}, template.templateId), context }
}

type Hydrated = proto.Message.TemplateMessage.IHydratedFourRowTemplate
type Unhydrated = proto.Message.TemplateMessage.IFourRowTemplate

const hydrated = (row: Hydrated, templateId: string | null | undefined): Omit<Body, 'context'> => ({
  kind: 'template',
  text: firstTextOf(row.hydratedContentText, row.hydratedTitleText),
  location: row.locationMessage ? placeOf(row.locationMessage) : null,
  ...attachmentOf(row),
  interactive: interactiveOf({
    templateId: firstTextOf(row.templateId, templateId),
    header: textOf(row.hydratedTitleText),
    footer: textOf(row.hydratedFooterText),
    buttons: (row.hydratedButtons ?? []).map(buttonOf),
  }),
})

const unhydrated = (row: Unhydrated, templateId: string | null | undefined): Omit<Body, 'context'> => ({
  kind: 'template',
  text: structuredTextOf(row.content),
  location: row.locationMessage ? placeOf(row.locationMessage) : null,
  ...attachmentOf(row),
  interactive: interactiveOf({
    templateId: textOf(templateId),
    header: structuredTextOf(row.highlyStructuredMessage),
    footer: structuredTextOf(row.footer),
    buttons: (row.buttons ?? []).map(namedButtonOf),
  }),
})

const buttonOf = ({
  index,
  quickReplyButton: reply,
  urlButton: link,
  callButton: call,
}: proto.IHydratedTemplateButton): Told => ({
  index,
  text: firstTextOf(reply?.displayText, link?.displayText, call?.displayText),
  id: textOf(reply?.id),
  url: textOf(link?.url),
  phone: textOf(call?.phoneNumber),
})

const namedButtonOf = ({ index, quickReplyButton: reply, urlButton: link, callButton: call }: proto.ITemplateButton): Told => ({
  index,
  text: structuredTextOf(reply?.displayText ?? link?.displayText ?? call?.displayText),
  id: textOf(reply?.id),
  url: structuredTextOf(link?.url),
  phone: structuredTextOf(call?.phoneNumber),
})

/** What a text that is named with what fills it says to people: itself where WhatsApp filled it in, else what fills it. */
export function structuredTextOf(structured: proto.Message.IHighlyStructuredMessage | null | undefined): string | null {
  const { hydratedHsm, params } = structured ?? {}
  const filledIn = hydratedHsm?.hydratedTemplate ?? hydratedHsm?.hydratedFourRowTemplate
  return firstTextOf(filledIn?.hydratedContentText, filledIn?.hydratedTitleText, params?.join(' '))
}
