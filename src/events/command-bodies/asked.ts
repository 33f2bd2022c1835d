// What people are asked: polls, and events to come.
import { z } from 'zod'
import { place, replies, to } from './written.ts'

/** WhatsApp's apps take 12 options of 100 characters. */
const MAX_OPTIONS = 12

/** Voters name an option by its hash: two that are alike could not be told apart. */
const options = z
  .array(z.string().min(1).max(100))
  .min(2)
  .max(MAX_OPTIONS)
  .check(({ value, issues }) => {
    for (const [at, option] of value.entries())
      if (value.indexOf(option) < at)
        issues.push({ code: 'custom', path: [at], message: 'expected an option that no other one is like', input: option })
  })

export const poll = z.strictObject({
  ...to,
  kind: z.literal('poll'),
  poll: z
    .strictObject({
      name: z.string().min(1).max(255).describe('what is asked'),
      options: options.describe(`2..${MAX_OPTIONS} answers to choose from, in order`),
      selectableCount: z.int().min(0).max(MAX_OPTIONS).default(1).describe('how many of them one may choose; 0: any number'),
    })
    .check(({ value, issues }) => {
      const most = value.options.length
      if (value.selectableCount > most)
        issues.push({
          code: 'custom',
          path: ['selectableCount'],
          message: `expected at most ${most}, as many as there are options`,
          input: value.selectableCount,
        })
    })
    .describe('what is asked, as events have it'),
  ...replies,
})

const instant = z.iso.datetime({ offset: true, error: 'expected an instant such as 2026-01-05T12:00:00Z' })

/** WhatsApp keeps no less, and nothing before 1970. */
const secondOf = (written: string): number => Math.floor(Date.parse(written) / 1_000)

export const event = z.strictObject({
  ...to,
  kind: z.literal('event'),
  event: z
    .strictObject({
      name: z.string().min(1).max(255).describe('what it is called'),
      description: z.exactOptional(z.string().min(1).max(2_048)).describe('more of it'),
      startsAt: instant.describe('ISO 8601; WhatsApp keeps whole seconds'),
      endsAt: z.exactOptional(instant).describe('ISO 8601, after startsAt; left out: not said'),
      location: z.exactOptional(place).describe('where it is'),
    })
    .check(({ value, issues }) => {
      if (secondOf(value.startsAt) < 0)
        issues.push({ code: 'custom', path: ['startsAt'], message: 'expected an instant since 1970', input: value.startsAt })
      if (value.endsAt !== undefined && secondOf(value.endsAt) <= secondOf(value.startsAt))
        issues.push({
          code: 'custom',
          path: ['endsAt'],
          message: 'expected an instant after startsAt, by a second or more',
          input: value.endsAt,
        })
    })
    .describe('what people are invited to'),
  ...replies,
})
