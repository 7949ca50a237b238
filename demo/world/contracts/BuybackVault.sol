// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOracle} from "./Oracle.sol";

/// @notice A contract of somebody else that the vault may hand a buyback to.
interface IStrategy {
    function execute(uint256 amount) external;
}

/// @notice Executes buybacks, but only with an oracle that is set and healthy.
contract BuybackVault {
    /// @notice No oracle is set.
    error BUYBACK_ORACLE_REQUIRED();
    error NotGovernor(address caller);

    event BuybackExecuted(address indexed caller, uint256 amount);
    event OracleChanged(address indexed previous, address indexed next);
    event StrategyChanged(address indexed previous, address indexed next);

    address public immutable governor;
    address public oracle;
    address public strategy;

    /// @dev The first oracle is part of the deployment, not a change, so no event tells of it.
    constructor(address governor_, address oracle_) {
        governor = governor_;
        oracle = oracle_;
    }

    /// @notice Buys back `amount`, through the strategy when there is one. A revert of the strategy passes through unchanged.
    function executeBuyback(uint256 amount) external {
        if (oracle == address(0)) revert BUYBACK_ORACLE_REQUIRED();
        require(IOracle(oracle).healthy(), "BUYBACK_ORACLE_UNHEALTHY");
        if (strategy != address(0)) IStrategy(strategy).execute(amount);
        emit BuybackExecuted(msg.sender, amount);
    }

    /// @notice Sets the oracle; the zero address takes it away.
    function setOracle(address next) external onlyGovernor {
        emit OracleChanged(oracle, next);
        oracle = next;
    }

    /// @notice Sets the strategy; the zero address takes it away.
    function setStrategy(address next) external onlyGovernor {
        emit StrategyChanged(strategy, next);
        strategy = next;
    }

    modifier onlyGovernor() {
        if (msg.sender != governor) revert NotGovernor(msg.sender);
        _;
    }
}
