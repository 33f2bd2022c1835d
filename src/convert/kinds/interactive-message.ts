// What businesses build of native parts: flows with buttons, cards to page through, shops; and what somebody answered in a flow.
import { proto } from '@whiskeysockets/baileys'
import { type Body, firstTextOf, intOf, textOf } from './body.ts'
import { interactiveOf, jidOf, type Told } from './interactive.ts'
import { placeOf } from './location.ts'
import { type Attached, attachmentOf } from './media.ts'

export function convertInteractive({
  interactiveMessage: shown,
  interactiveResponseMessage: answer,
}: proto.IMessage): Body | null {
  if (shown) return { ...offeredInteractive(shown), context: shown.contextInfo }
  if (!answer) return null
  const flow = answer.nativeFlowResponseMessage
  return {
    kind: 'interactive',
    text: textOf(answer.body?.text),
    interactive: interactiveOf({
      name: textOf(flow?.name),
      selectedId: selectedIn(textOf(flow?.paramsJson)),
      paramsJson: textOf(flow?.paramsJson),
      version: intOf(flow?.version),
    }),
    context: answer.contextInfo,
  }
}

type Shown = proto.Message.IInteractiveMessage

/** The file is that of its header, else the first of its cards that has one. */
export const offeredInteractive = (shown: Shown): Omit<Body, 'context'> => ({
  kind: 'interactive',
  text: firstTextOf(shown.body?.text, shown.header?.title),
  location: shown.header?.locationMessage ? placeOf(shown.header.locationMessage) : null,
  ...fileIn(shown),
  interactive: interactiveOf({
    ...framed(shown),
    ...flowOf(shown),
    shop: { id: textOf(shown.shopStorefrontMessage?.id), surface: surfaceOf(shown.shopStorefrontMessage?.surface) },
    collection: { id: textOf(shown.collectionMessage?.id), sellerId: jidOf(shown.collectionMessage?.bizJid) },
    cards: (shown.carouselMessage?.cards ?? []).map(card => ({
      ...framed(card),
      text: textOf(card.body?.text),
      ...flowOf(card),
    })),
  }),
})

function fileIn(shown: Shown): Attached {
  const files = [shown, ...(shown.carouselMessage?.cards ?? [])].map(({ header, footer }) =>
    attachmentOf({
      ...header,
      imageMessage: header?.imageMessage ?? header?.productMessage?.product?.productImage ?? null,
      audioMessage: footer?.audioMessage ?? null,
    }),
  )
  return files.find(({ media }) => media) ?? { media: null, mediaSource: null }
}

const framed = ({ header, footer }: Shown) => ({
  header: textOf(header?.title),
  subtitle: textOf(header?.subtitle),
  footer: textOf(footer?.text),
})

const flowOf = ({ nativeFlowMessage: flow }: Shown): { [name: string]: Told } => ({
  buttons: (flow?.buttons ?? []).map(button => ({ name: textOf(button.name), paramsJson: textOf(button.buttonParamsJson) })),
  paramsJson: textOf(flow?.messageParamsJson),
})

const { Surface } = proto.Message.InteractiveMessage.ShopMessage
const surfaces: Readonly<Record<number, string>> = {
  [Surface.FB]: 'facebook',
  [Surface.IG]: 'instagram',
  [Surface.WA]: 'whatsapp',
}
const surfaceOf = (surface: number | null | undefined): string | null => (surface == null ? null : (surfaces[surface] ?? null))

const maxParsedCharacters = 16_384

/** What was chosen, where a flow is a choice: `id` of its answer. null: it is none, or no JSON. */
function selectedIn(paramsJson: string | null): string | null {
  if (paramsJson === null || paramsJson.length > maxParsedCharacters) return null
  try {
    const params: unknown = JSON.parse(paramsJson)
    const id = typeof params === 'object' && params !== null && 'id' in params ? params.id : null
    return typeof id === 'string' ? textOf(id) : null
  } catch {
    // A sender may write anything there; the text itself is handed on.
    return null
  }
}
