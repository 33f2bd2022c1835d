// Under which address an answer shows a person, as fragments of SQL, for each row of a page: the functions of the database that say the same
// (canonical_address, phone_address) are planned and begun anew for every row, which took nine tenths of a page's time.

/** The LID of a phone-number JID where it is known, else the address itself. All are SQL. `pairs`: of a version, else of the one that is live. */
export const canonicalAddress = (instance: string, address: string, pairs = 'address_pairs'): string =>
  `coalesce((select called.lid from ${pairs} called where called.instance_id = ${instance} and called.pn = ${address}
     order by called.occurred_at desc, called.lid desc limit 1), ${address})`

/** The phone-number JID of whoever has this address, where it is known, and nobody else's since. */
export const phoneAddress = (instance: string, address: string): string =>
  `(select number.pn from address_pairs number
     where number.instance_id = ${instance} and number.lid = ${canonicalAddress(instance, address)}
       and not exists (select from address_pairs later where later.instance_id = ${instance} and later.pn = number.pn
         and (later.occurred_at, later.lid) > (number.occurred_at, number.lid))
     order by number.occurred_at desc, number.pn desc limit 1)`

/** The same where nothing but a phone-number JID may be known of somebody: that is the number, too. */
export const phoneNumber = (instance: string, address: string): string =>
  `coalesce(${phoneAddress(instance, address)}, case when ${address} like '%@s.whatsapp.net' then ${address} end)`
