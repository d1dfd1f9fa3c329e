import type { components } from "./schema.js";

/** A refusal, as RFC 9457 writes it. Compare its `code`. */
export type Problem = components["schemas"]["Problem"];
/** What can be wrong. Newer servers may have codes of which this list does not know. */
export type ProblemCode = Problem["code"];

/** A refusal, thrown. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(
    readonly problem: Problem,
    readonly response: Response,
  ) {
    super(`${problem.code}: ${problem.detail ?? problem.title}`);
  }

  get code(): ProblemCode {
    return this.problem.code;
  }

  /** What is wrong with each field, by JSON pointer (`/price/amount`) or `query/<name>`. */
  get fields(): ReadonlyMap<string, string> {
    return new Map(this.problem.errors?.map((error) => [error.pointer, error.message]));
  }
}

/** What the request was answered with; throws `Refused` where that is a problem. */
export function done<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.response.ok) return answer.data as T;
  throw refusal(answer.error, answer.response);
}

/** The problem that an answer holds. What stands in between, such as a proxy, may answer in its own words. */
export function refusal(body: unknown, response: Response): Refused {
  if (typeof body === "object" && body !== null && "code" in body) return new Refused(body as Problem, response);
  const title = response.statusText || "No problem was told";
  return new Refused({ type: "about:blank", title, status: response.status, code: "internal" }, response);
}
