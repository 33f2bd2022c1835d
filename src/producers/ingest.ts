// What the gate asks for before WhatsApp hears a thing: makes events of stanzas and appends them, all events of one part in one append.
import { type BinaryNode, encodeBinaryNode } from '@whiskeysockets/baileys'
import type { ContactNames } from './contact-names.ts'
import { convertMessage } from './convert-message.ts'
import { convertReceipt } from './convert-receipt.ts'
import { type Draft, envelopeOf, type Origin, unknownDraft } from './draft.ts'
import type { InstanceSettings } from './instance-settings.ts'
import { isGroup, isNewsletter, isStatus, type OwnAddresses } from './jid.ts'
import type { ProducerMetrics } from './producer-metrics.ts'
import { readStanza, type Stanza } from './stanza-identity.ts'

export type Part = { node: BinaryNode; part: number }
export type Ingest = {
  read(node: BinaryNode): Stanza
  message(of: Part & { plaintext: Uint8Array; isPadded: boolean }): Promise<void>
  undecryptable(of: Part & { encryption: string; reason: string }): Promise<void>
  receipt(node: BinaryNode): Promise<void>
  /** Kept whole under a name from our own tables. */
  unknown(of: Part & { name: string }): Promise<void>
}
type Deps = {
  instanceId: string
  own(): OwnAddresses
  settings(): InstanceSettings
  names: ContactNames
  append(drafts: readonly Draft[]): Promise<void>
  clock: () => number
  metrics: ProducerMetrics
}

/** Bytes that would let somebody else in: the pairing code's handshake. */
const secretNotifications: ReadonlySet<string> = new Set(['link_code_companion_reg', 'privacy_token'])

export function createIngest(deps: Deps): Ingest {
  const { metrics, clock } = deps
  const read = (node: BinaryNode) => readStanza(node, { instanceId: deps.instanceId, own: deps.own() })

  function origin({ node, part }: Part): Origin {
    const isSecret = secretNotifications.has(node.attrs.type ?? '')
    const raw = isSecret ? null : encodeBinaryNode(node)
    return { stanza: read(node), ordinal: { part, index: 0 }, raw, receivedAt: clock() }
  }

  /** What of it the settings do not leave out. */
  function kept(drafts: readonly Draft[]): readonly Draft[] {
    return drafts.filter(({ chatId }) => {
      const ignored = ignoredBy(deps.settings(), chatId ?? '')
      if (ignored !== null) metrics.ignored.inc({ name: ignored })
      return ignored === null
    })
  }

  return {
    read,
    message: async ({ node, part, plaintext, isPadded }) => {
      const stanza = read(node)
      const drafts = kept(convertMessage({ stanza, part, plaintext, isPadded, receivedAt: clock() }))
      // Whoever writes only where nothing is appended is not known either.
      const contact = drafts.length === 0 ? null : deps.names.changed(stanza, clock())
      await deps.append(contact === null ? drafts : [...drafts, contact])
      if (contact !== null) deps.names.remember(contact)
    },
    undecryptable: async ({ node, part, encryption, reason }) => {
      const from = origin({ node, part })
      const { senderName, isGroup } = from.stanza
      metrics.undecryptable.inc({ encryption })
      await deps.append(kept([{ ...envelopeOf('message.undecryptable', from), reason, encryption, senderName, isGroup }]))
    },
    receipt: async node => {
      const { stanza, raw, receivedAt } = origin({ node, part: 0 })
      const { drafts, ignored } = convertReceipt({ node, stanza, raw: raw ?? new Uint8Array(), receivedAt })
      if (ignored !== null) metrics.ignored.inc({ name: ignored })
      await deps.append(kept(drafts))
    },
    unknown: async ({ node, part, name }) => {
      const from = origin({ node, part })
      await deps.append(kept([unknownDraft(from, name)]))
    },
  }
}

/** The name it is counted under. */
function ignoredBy(settings: InstanceSettings, chatId: string): string | null {
  if (settings.ignoreGroups && isGroup(chatId)) return 'settings ignoreGroups'
  if (settings.ignoreStatus && isStatus(chatId)) return 'settings ignoreStatus'
  return settings.ignoreNewsletters && isNewsletter(chatId) ? 'settings ignoreNewsletters' : null
}
