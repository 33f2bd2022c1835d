// Plays one short realistic scene, every kind of media and a dozen others in it, and lists what it sent in order.
import { setTimeout as delay } from 'node:timers/promises'
import type { Contact, Group } from './accounts/accounts.ts'
import { edit, inAlbum, type MessageContent, pin, reaction, reply, revoke, text } from './accounts/content.ts'
import type { SimDevice } from './accounts/device.ts'
import { type SampleKind, sampleMessage } from './accounts/sample-kinds.ts'
import { poll } from './accounts/seal-content.ts'
import type { Cdn } from './media/cdn.ts'
import { audio, document, image, ptv, sticker, video, voice } from './media/media.ts'
import { sampleJpeg, sampleMp4, samplePdf, sampleVoice, sampleWebp } from './media/sample-media.ts'
import type { Simulator } from './simulator.ts'

/** `chat` and `from` are LIDs, or the group's JID; `targetMessageId` is what a reply, reaction, edit or revoke is about. */
export type Played = { messageId: string; kind: PlayedKind; chat: string; from: string; targetMessageId?: string }
export type PlayedKind =
  | 'text'
  | 'image'
  | 'video'
  | 'gif'
  | 'ptv'
  | 'audio'
  | 'voice'
  | 'document'
  | 'sticker'
  | 'reply'
  | 'reaction'
  | 'edit'
  | 'revoke'
  | 'poll'
  | 'pin'
  | SampleKind
type Line = { from: Contact; in?: Group; kind: PlayedKind; content: MessageContent; about?: string }

const group = { id: '120363900000000001', subject: 'Padaria do Bairro' }

/**
 * Two contacts and one group they share with the owner. `paceMs` is the pause before each line [400]. Rejects with an AbortError when
 * aborted; `onPlayed` has heard of every line that was sent by then.
 */
export async function playConversation(
  simulator: Simulator,
  device: SimDevice,
  { signal, paceMs = 400, onPlayed }: { signal: AbortSignal; paceMs?: number; onPlayed?: (line: Played) => void },
): Promise<readonly Played[]> {
  const ana = simulator.contact({ pn: '5511900000011', name: 'Ana Souza' })
  const bruno = simulator.contact({ pn: '5511900000012', name: 'Bruno Lima' })
  const bakery = simulator.group({ ...group, members: [device.owner, ana, bruno] })
  const played: Played[] = []

  async function say({ from, in: inGroup, kind, content, about }: Line): Promise<string> {
    await delay(paceMs, undefined, { signal })
    const messageId = inGroup ? await device.sendGroup(inGroup, from, content) : await device.send(from, content)
    const line = {
      messageId,
      kind,
      chat: inGroup?.id ?? from.lidJid,
      from: from.lidJid,
      ...(about === undefined ? {} : { targetMessageId: about }),
    }
    played.push(line)
    onPlayed?.(line)
    return messageId
  }

  await playOrder(say, simulator.cdn, ana)
  await playGroup(say, simulator.cdn, { ana, bruno, bakery })
  await playShop(say, simulator.cdn, bruno)
  await playParty(say, simulator.cdn, { ana, bruno, bakery })
  await playSecondThoughts(say, simulator.cdn, bruno)
  return played
}

type Say = (line: Line) => Promise<string>

/** Ana asks, shows, says and reacts. */
async function playOrder(say: Say, cdn: Cdn, ana: Contact): Promise<void> {
  const question = text('Bom dia! Vocês fazem bolo para sábado?')
  const asked = await say({ from: ana, kind: 'text', content: question })
  const jpeg = await sampleJpeg()
  const jpegThumbnail = await sampleJpeg({ width: 32, height: 24 })
  const photo = image(cdn, { bytes: jpeg, caption: 'Assim, com morangos', width: 320, height: 240, jpegThumbnail })
  const shown = await say({ from: ana, kind: 'image', content: photo })
  await say({
    from: ana,
    kind: 'voice',
    content: voice(cdn, { bytes: sampleVoice({ seconds: 4 }), seconds: 4, waveform: waveform() }),
  })
  const clip = video(cdn, {
    bytes: await sampleMp4(),
    caption: 'O do ano passado',
    seconds: 2,
    width: 160,
    height: 120,
    jpegThumbnail,
  })
  await say({ from: ana, kind: 'video', content: clip })
  const menu = {
    bytes: samplePdf({ pages: 2, title: 'Cardapio' }),
    fileName: 'cardápio.pdf',
    caption: 'Do cardápio de vocês',
    pageCount: 2,
  }
  await say({ from: ana, kind: 'document', content: document(cdn, menu) })
  const target = { messageId: asked, author: ana }
  await say({ from: ana, kind: 'reply', content: reply('É para 20 pessoas', target, question), about: asked })
  const liked = { messageId: shown, author: ana }
  await say({ from: ana, kind: 'reaction', content: reaction(ana, '🍓', liked), about: shown })
}

type Bakery = { ana: Contact; bruno: Contact; bakery: Group }

/** In the group they greet, post a sticker and a round video, and react to each other. */
async function playGroup(say: Say, cdn: Cdn, { ana, bruno, bakery }: Bakery): Promise<void> {
  const greeted = await say({ from: bruno, in: bakery, kind: 'text', content: text('Chegou pão quente!') })
  await say({ from: ana, in: bakery, kind: 'sticker', content: sticker(cdn, { bytes: await sampleWebp() }) })
  const gif = video(cdn, { bytes: await sampleMp4({ seconds: 1 }), seconds: 1, isGif: true })
  await say({ from: bruno, in: bakery, kind: 'gif', content: gif })
  await say({ from: bruno, in: bakery, kind: 'ptv', content: ptv(cdn, { bytes: await sampleMp4(), seconds: 2 }) })
  const target = { messageId: greeted, author: bruno, group: bakery }
  await say({ from: ana, in: bakery, kind: 'reaction', content: reaction(ana, '❤️', target), about: greeted })
}

/** Bruno is shown what there is, chooses, orders, and says where. */
async function playShop(say: Say, cdn: Cdn, bruno: Contact): Promise<void> {
  const { imageMessage: picture } = image(cdn, { bytes: await sampleJpeg({ width: 96, height: 72 }) })
  const show = (kind: SampleKind) => say({ from: bruno, kind, content: sampleMessage(kind, { picture: picture ?? undefined }) })
  await show('link-preview')
  await show('product')
  const offered = await show('list')
  await say({
    from: bruno,
    kind: 'list-answer',
    content: sampleMessage('list-answer', { targetMessageId: offered }),
    about: offered,
  })
  const asked = await show('buttons')
  const yes = sampleMessage('buttons-answer', { text: 'Sim, pode entregar', targetMessageId: asked })
  await say({ from: bruno, kind: 'buttons-answer', content: yes, about: asked })
  for (const kind of ['order', 'payment', 'template', 'location', 'contacts', 'group-invite'] as const) await show(kind)
}

/** In the group they plan: an event, a poll, which is pinned, and an album. */
async function playParty(say: Say, cdn: Cdn, { ana, bruno, bakery }: Bakery): Promise<void> {
  await say({ from: ana, in: bakery, kind: 'event', content: sampleMessage('event') })
  const asked = await say({ from: ana, in: bakery, kind: 'poll', content: poll('Que sabor?', ['Morango', 'Cenoura']) })
  const pinned = { messageId: asked, author: ana, group: bakery }
  await say({ from: bruno, in: bakery, kind: 'pin', content: pin(bruno, true, pinned), about: asked })
  const messageId = await say({ from: bruno, in: bakery, kind: 'album', content: sampleMessage('album') })
  const album = { messageId, author: bruno, group: bakery }
  for (const width of [120, 140]) {
    const photo = image(cdn, { bytes: await sampleJpeg({ width, height: 90 }) })
    await say({ from: bruno, in: bakery, kind: 'image', content: inAlbum(photo, album, bruno) })
  }
}

/** Bruno corrects himself, and takes something back. */
async function playSecondThoughts(say: Say, cdn: Cdn, bruno: Contact): Promise<void> {
  const asked = await say({ from: bruno, kind: 'text', content: text('Reserva 10 pães') })
  const song = audio(cdn, { bytes: sampleVoice({ seconds: 5 }), seconds: 5, mimetype: 'audio/ogg; codecs=opus' })
  await say({ from: bruno, kind: 'audio', content: song })
  const edited = edit(bruno, 'Reserva 12 pães', { messageId: asked, author: bruno })
  await say({ from: bruno, kind: 'edit', content: edited, about: asked })
  const mistake = await say({ from: bruno, kind: 'text', content: text('Mensagem errada, desculpa') })
  await say({ from: bruno, kind: 'revoke', content: revoke(bruno, { messageId: mistake, author: bruno }), about: mistake })
}

/** 64 levels of 0..100, as phones send with a voice note. */
function waveform(): Uint8Array {
  return Uint8Array.from({ length: 64 }, (_, at) => Math.round(50 + 45 * Math.sin(at / 3)))
}
