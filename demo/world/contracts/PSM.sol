// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOracle} from "./Oracle.sol";

/// @notice A peg stability module without tokens: it keeps two numbers and refuses to move them without an oracle.
contract PSM {
    /// @notice No oracle is set, so nothing can be priced.
    error PSM_ORACLE_MISSING();
    /// @notice A redemption asks for more collateral than is held.
    error InsufficientCollateral(uint256 available, uint256 required);
    /// @notice A mint asks for more than the cap leaves.
    error MintCapExceeded(uint256 available, uint256 required);
    error NotGovernor(address caller);

    event Minted(address indexed caller, uint256 amount);
    event Redeemed(address indexed caller, uint256 amount);
    event OracleChanged(address indexed previous, address indexed next);

    address public immutable governor;
    uint256 public immutable cap;
    address public oracle;
    uint256 public collateral;

    /// @dev The first oracle is part of the deployment, not a change, so no event tells of it.
    constructor(address governor_, address oracle_, uint256 cap_) {
        governor = governor_;
        oracle = oracle_;
        cap = cap_;
    }

    /// @notice Takes collateral in, up to the cap.
    function mint(uint256 amount) external {
        uint256 value = priced(amount);
        if (value > cap - collateral) revert MintCapExceeded(cap - collateral, value);
        collateral += value;
        emit Minted(msg.sender, amount);
    }

    /// @notice Gives collateral back, as far as there is any.
    function redeem(uint256 amount) external {
        uint256 value = priced(amount);
        if (value > collateral) revert InsufficientCollateral(collateral, value);
        collateral -= value;
        emit Redeemed(msg.sender, amount);
    }

    /// @notice Sets the oracle; the zero address takes it away.
    function setOracle(address next) external {
        if (msg.sender != governor) revert NotGovernor(msg.sender);
        emit OracleChanged(oracle, next);
        oracle = next;
    }

    function priced(uint256 amount) private view returns (uint256) {
        if (oracle == address(0)) revert PSM_ORACLE_MISSING();
        return (amount * IOracle(oracle).price()) / 1e18;
    }
}
