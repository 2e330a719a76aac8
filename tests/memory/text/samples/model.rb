# frozen_string_literal: true

require 'json'

module Acme
  LIMIT = 10

  # A user.
  class User < Base
    include Comparable
    attr_reader :name, :age

    has_many :posts

    def initialize(name)
      @name = name
    end

    def self.find(id)
      new(id)
    end

    class << self
      def create; end
    end

    private

    def secret?
      true
    end
  end

  class Error < StandardError; end
end

def helper(x) = x + 1

RSpec.describe Acme::User do
  it 'has a name' do
    expect(1).to eq 1
  end
end

task :build do
  sh 'make'
end
