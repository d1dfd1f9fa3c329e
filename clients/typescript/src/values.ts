import type { components } from "./schema.js";

export type Money = components["schemas"]["MoneyView"];

/** `{ amount: 1250, currency: "USD" }` as `$12.50`. */
export function formatMoney(money: Money, locale?: string): string {
  const format = new Intl.NumberFormat(locale, { style: "currency", currency: money.currency });
  // How many minor units make a major one differs: 100 cents, but there is nothing smaller than a yen.
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(money.amount / 10 ** digits);
}

/** An instant as the clocks of a place show it, whatever the visitor's own show. */
export function formatInstant(instant: string, timeZone: string, locale?: string): string {
  const format = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: "medium", timeStyle: "short" });
  return format.format(new Date(instant));
}

/** A page of a list. */
export interface Page<T> {
  items: T[];
  next_cursor?: string;
}

/** Every item of a list, page by page as they are asked for: `for await (const order of all(load))`. */
export async function* all<T>(load: (at: { cursor?: string }) => Promise<Page<T>>): AsyncGenerator<T, void> {
  let at: { cursor?: string } | undefined = {};
  while (at) {
    const page: Page<T> = await load(at);
    yield* page.items;
    at = page.next_cursor === undefined ? undefined : { cursor: page.next_cursor };
  }
}
