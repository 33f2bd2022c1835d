// The one way into the log for all that an instance hears and says: what its settings leave out ends here, whichever door it came by.
// Nobody but this file holds the queue's append (open-epoch.ts), so that a new door cannot go around it.

import type { Draft, Ignores, Offer } from '../../convert/draft.ts'
import { ignoredAs } from '../../events/ignored-chats.ts'
import type { InstanceSettings } from '../../instances/instance-settings.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'

export type Intake = {
  /** Resolves once what is kept of these is durable; one that tells of an ignored chat is left out whole, and counted by name. */
  append(offers: readonly Offer[]): Promise<void>
  /** Resolves once everything that was appended until now is durable; rejects as those appends do. */
  appended(): Promise<void>
  /** By the settings as they are now. For doors that can leave out a part and offer the rest. */
  ignores: Ignores
}
type Deps = {
  settings(): InstanceSettings
  metrics: Pick<ProducerMetrics, 'ignored'>
  append(drafts: readonly Draft[]): Promise<void>
  appended(): Promise<void>
}

export function createIntake({ settings, metrics, append, appended }: Deps): Intake {
  function isKept(offer: Offer): boolean {
    const ignored = chatsOf(offer)
      .map(chat => ignoredAs(settings(), chat))
      .find(name => name !== null)
    if (ignored !== undefined) metrics.ignored.inc({ name: ignored })
    return ignored === undefined
  }
  /** Whoever asked hears what came of it; its chat may have come to be ignored since it was judged. */
  function shown(offer: Offer): Offer {
    if (offer.type !== 'command.completed' && offer.type !== 'command.failed') return offer
    return offer.chatId && ignoredAs(settings(), offer.chatId) !== null ? { ...offer, chatId: null } : offer
  }

  return {
    append: offers => append(offers.map(shown).filter(isKept).map(draftOf)),
    appended,
    ignores: chat => (chat === null ? ignoresAny(settings()) : ignoredAs(settings(), chat) !== null),
  }
}

const chatsOf = (offer: Offer): readonly string[] =>
  'chats' in offer ? offer.chats : 'chatId' in offer && offer.chatId ? [offer.chatId] : []

function draftOf(offer: Offer): Draft {
  if (!('chats' in offer)) return offer
  const { chats, ...draft } = offer
  return draft
}

const ignoresAny = ({ ignoreGroups, ignoreStatus, ignoreNewsletters }: InstanceSettings): boolean =>
  ignoreGroups || ignoreStatus || ignoreNewsletters
