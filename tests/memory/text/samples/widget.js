'use strict';

const path = require('path');
import { a } from './a.js';

const LIMIT = 10;

/**
 * Adds two numbers.
 */
export function add(x, y) {
  return x + y;
}

export const double = (x) => x * 2;

function* ids() { yield 1; }

/** A counter. */
export default class Counter extends Base {
  #count = 0;
  static zero = new Counter();
  onClick = () => { this.#count++; };

  constructor() { super(); }

  get value() { return this.#count; }

  async load(url) { return fetch(url); }
}

Counter.prototype.reset = function () { this.x = 0; };
exports.helper = function helper() { return 1; };
module.exports = { add, go() { return 2; }, stop: () => 3 };

export default {
  name: 'thing',
  methods: { save() {}, },
};

(function () {
  function hidden() {}
})();

describe('Counter', () => {
  it('counts up', async () => { expect(1).toBe(1); });
});
