import type { Reducer } from './types';

export interface State<T> {
  items: T[];
  get(key: string): T | undefined;
}

export type Id = string | number;

export enum Color { Red, Green }

declare global {
  interface Window { app: App }
}

export namespace Shapes {
  export class Circle { area(): number { return 1; } }
}

@Injectable()
export abstract class Store<T> implements State<T> {
  private readonly items: T[] = [];

  constructor(private readonly http: Http) {}

  abstract load(): Promise<void>;

  @Input() name: string;

  get(key: string): T | undefined {
    return this.items[0];
  }

  static create<T>(): Store<T> { return null!; }
}

export function reduce<S>(state: S): S;
export function reduce(state: unknown): unknown {
  return state;
}

export const selectItems = createSelector((s: State<number>) => s.items);
export const mapItems = async <T,>(x: T): Promise<T> => x;
declare function external(x: number): void;
export default Store;
