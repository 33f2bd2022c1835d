// What a converter is given of a notification, and what it answers.
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Offer, Origin } from '../draft.ts'
import type { OwnAddresses } from '../jid.ts'

/** `origin.raw`: the whole notification; the first of its events has it. */
export type Notification = { node: BinaryNode; origin: Origin; own: OwnAddresses }
/** An event, but for its place among the events of its notification. */
export type Said = (origin: Origin) => Offer
/** Of one child of a notification. null: not known. */
export type ConvertChild = (child: BinaryNode, of: Notification) => readonly Said[] | null
