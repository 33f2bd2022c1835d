// Lists and buttons as text that every phone shows: choices by number, through all sections.
import type { ButtonsToSend, ListToSend } from '../../events/command-bodies/choices.ts'

export function numberedList({ title, description, sections, footer }: ListToSend): string {
  let number = 0
  const lines = sections.map(section => {
    const rows = section.rows.map(row => {
      number += 1
      return `${number}. ${row.title}${row.description === undefined ? '' : ` - ${row.description}`}`
    })
    return [section.title, ...rows].filter(line => line !== undefined).join('\n')
  })
  return paragraphs(title, description, ...lines, footer)
}

export const numberedButtons = ({ header, text, buttons, footer }: ButtonsToSend): string =>
  paragraphs(header, text, buttons.map((button, at) => `${at + 1}. ${button.text}`).join('\n'), footer)

const paragraphs = (...texts: readonly (string | undefined)[]): string => texts.filter(text => text !== undefined).join('\n\n')
