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
    }),
  ...replies,
})

const instant = z.iso.datetime({ offset: true, error: 'expected an instant such as 2026-01-05T12:00:00Z' })

export const event = z.strictObject({
  ...to,
  kind: z.literal('event'),
  event: z
    .strictObject({
      name: z.string().min(1).max(255),
      description: z.exactOptional(z.string().min(1).max(2_048)),
      startsAt: instant.describe('ISO 8601; WhatsApp keeps whole seconds'),
      endsAt: z.exactOptional(instant),
      location: z.exactOptional(place).describe('where it is'),
    })
    .check(({ value, issues }) => {
      if (value.endsAt !== undefined && Date.parse(value.endsAt) <= Date.parse(value.startsAt))
        issues.push({ code: 'custom', path: ['endsAt'], message: 'expected an instant after startsAt', input: value.endsAt })
    }),
  ...replies,
})
