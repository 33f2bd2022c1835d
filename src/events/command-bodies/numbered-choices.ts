// Lists and buttons as text that every phone shows: choices by number, through all sections.
type Row = { title: string; description?: string }
type Choices = {
  title?: string
  description: string
  sections: readonly { title?: string; rows: readonly Row[] }[]
  footer?: string
}

export function numberedList({ title, description, sections, footer }: Choices): string {
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

type Buttons = { header?: string; text: string; buttons: readonly { text: string }[]; footer?: string }

export const numberedButtons = ({ header, text, buttons, footer }: Buttons): string =>
  paragraphs(header, text, buttons.map((button, at) => `${at + 1}. ${button.text}`).join('\n'), footer)

const paragraphs = (...texts: readonly (string | undefined)[]): string => texts.filter(text => text !== undefined).join('\n\n')
