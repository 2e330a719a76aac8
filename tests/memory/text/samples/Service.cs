using System;

namespace Acme.Web
{
    /// <summary>Users.</summary>
    [ApiController]
    public class UserService : IService
    {
        private readonly int _limit = 10;

        public string Name { get; set; }

        public UserService(int limit) { _limit = limit; }

        [HttpGet]
        public async Task<User> Find(int id)
        {
            return await _repo.Get(id);
        }

        public event EventHandler Changed;
        public int this[int i] => i;
        public static bool operator ==(UserService a, UserService b) => true;
    }

    public interface IService { Task<User> Find(int id); }
    public record Person(string Name);
    public struct Point { public int X; }
    public enum Color { Red, Green }
    public delegate void Handler(object sender);
}
