defmodule Acme.User do
  @moduledoc """
  A user.
  """

  use Ecto.Schema
  alias Acme.Repo

  @limit 10

  defstruct [:name, :age]

  @doc "Finds one."
  @spec find(integer()) :: t()
  def find(id) when is_integer(id) do
    Repo.get(id)
  end

  defp secret(x), do: x

  defmacro deffoo(name) do
    quote do: unquote(name)
  end

  defmodule Inner do
    def deep, do: :ok
  end
end

defprotocol Acme.Size do
  def size(data)
end

defimpl Acme.Size, for: Map do
  def size(m), do: map_size(m)
end

defmodule Acme.UserTest do
  use ExUnit.Case

  describe "find/1" do
    test "finds", %{x: x} do
      assert x
    end
  end
end
